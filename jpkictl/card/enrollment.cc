// SPDX-License-Identifier: LGPL-2.1-or-later
#include "jpkictl/card/enrollment.h"

#include "base/mapping/mapping_text.h"
#include "jpkictl/card/request_rules.h"
#include "jpkictl/card/terminal.h"
#include "jpkictl/interruption.h"
#include "jpkictl/words.h"

#include <algorithm>

namespace jpki::ctl::card {
namespace {

using registration::CardReading;

Expected<Unit, Trouble> is_good(const CardReading& card, const EnrollmentRules& rules) {
  if (card.path != Verdict::kAccepted) return Unexpected{of_card(card.path, card.path_cause)};
  if (card.revocation == Verdict::kRevoked || card.revocation == Verdict::kIssuerRevoked)
    return Unexpected{of_card(card.revocation, card.revocation_cause)};
  if (card.mappings.empty()) return Unexpected{of_card(Verdict::kCertificateUnacceptable, {})};
  if (registration::bars_token(card.pin) && !rules.no_pin)
    return Unexpected{Trouble{ExitStatus::kBad, text_with_code(card.pin), card.pin, 0U}};
  return Unit{};
}

// What no login could have decided now either.
std::string warning_of(const CardReading& card) {
  if (card.revocation == Verdict::kAccepted) return {};
  return say(
      N_("whether the card is revoked cannot be told now, and until it can, it does not log in: {code} "
         "{cause}"),
      {{"{code}", code_of(card.revocation)}, {"{cause}", card.revocation_cause}});
}

// Where the directory decides, a line in the local map would log nobody in.
Expected<Unit, Trouble> map_decides(const std::string& account, const CardReading& card, const Site& site) {
  if (site.in_directory || site.config.account_source != config::AccountSource::kActiveDirectory)
    return Unit{};
  return Unexpected{
      refused(say(N_("logins here take cards from Active Directory, so nothing was registered; add this "
                     "value to altSecurityIdentities of {account}: {mapping}"),
                  {{"{account}", account}, {"{mapping}", card.mappings.front()}}))};
}

// Where the map decides, a role certificate logs in to role accounts alone.
Expected<Unit, Trouble> role_is_allowed(const std::string& account, const CardReading& card,
                                        const Site& site) {
  const auto& roles = site.config.role_accounts;
  if (card.kind != x509::Kind::kLgpkiRole || site.in_directory ||
      site.config.account_source == config::AccountSource::kActiveDirectory ||
      std::ranges::find(roles, account) != roles.end())
    return Unit{};
  return Unexpected{refused(say(N_("this is the certificate of an office, and {account} is no account of an "
                                   "office, so nothing was registered; if it is one, add it to role_accounts "
                                   "in [account] of jpki.toml"),
                                {{"{account}", account}}))};
}

// Whether this account has the card already; refused when another one has.
Expected<bool, Trouble> is_bound(const std::string& account, const CardReading& card, Site& site) {
  const auto held = site.registry->holders_of(card.mappings);
  if (!held) return Unexpected{held.error()};
  const auto in_directory = held_in_snapshot(site, card.mappings);
  if (!in_directory) return Unexpected{in_directory.error()};
  for (const auto* all : {&*held, &*in_directory})
    for (const Held& one : *all)
      if (!site.registry->is_same_account(one.account, account)) return Unexpected{bound_to_other(one)};
  return !held->empty();
}

Expected<Change, Trouble> write(const std::string& account, const CardReading& card, Site& site,
                                const BeforeWriting& before_writing) {
  const auto canonical = mapping::canonical_mapping(card.mappings.front());
  if (!canonical) return Unexpected{could_not(canonical.error())};
  const Held binding{account, *canonical, site.registry->name()};
  const HeldSignals whole;
  if (before_writing)
    if (auto ready = before_writing(binding); !ready) return Unexpected{ready.error()};
  auto added = site.registry->add({account, card.mappings});
  if (!added) return added;
  // A copy that cannot be kept is no reason to take the card away again.
  if (const auto kept = site.copies.add(account, card.certificate); !kept)
    tell_terminal(say(N_("no copy of the certificate was kept: {cause}"), {{"{cause}", kept.error()}}));
  return added;
}

}  // namespace

Expected<Enrollment, Trouble> enroll_card(const std::string& account, const EnrollmentRules& rules,
                                          Site& site, const Desk& desk, const BeforeWriting& before_writing) {
  if (!rules.any_account)
    if (auto known = site.registry->knows(account); !known) return Unexpected{known.error()};
  const auto card = desk.read_one();
  if (!card) return Unexpected{card.error()};
  if (auto good = is_good(*card, rules); !good) return Unexpected{good.error()};
  if (auto decides = map_decides(account, *card, site); !decides) return Unexpected{decides.error()};
  if (auto allowed = role_is_allowed(account, *card, site); !allowed) return Unexpected{allowed.error()};
  const auto bound = is_bound(account, *card, site);
  if (!bound) return Unexpected{bound.error()};

  Enrollment done{.mapping = card->mappings.front(),
                  .kind = std::string(x509::name_of(card->kind)),
                  .anchor = card->anchor,
                  .reader = card->reader,
                  .warning = warning_of(*card)};
  done.result = *bound ? Enrollment::Result::kAlready : Enrollment::Result::kWould;
  if (!*bound && rules.dry_run) {
    auto ldif = site.registry->preview_add({account, card->mappings});
    if (!ldif) return Unexpected{ldif.error()};
    done.ldif = std::move(*ldif);
  }
  if (*bound || rules.dry_run) return done;
  if (!rules.no_pin) {
    tell_terminal(
        say(N_("Card for the account {account}: its holder types the PIN now."), {{"{account}", account}}));
    if (auto proven = desk.prove(*card, account); !proven) return Unexpected{proven.error()};
    done.proven = true;
  }
  const auto written = write(account, *card, site, before_writing);
  if (!written) return Unexpected{written.error()};
  done.result = *written == Change::kDone ? Enrollment::Result::kRegistered : Enrollment::Result::kAlready;
  return done;
}

std::string text_of(const std::string& account, const Enrollment& enrollment, const Registry& registry) {
  const char* msgid = "";
  switch (enrollment.result) {
    case Enrollment::Result::kRegistered:
      msgid = enrollment.proven
                  ? N_("{account}: the card is registered in {registry} by {mapping}")
                  : N_("{account}: the card is registered in {registry} by {mapping}, without PIN: nobody "
                       "has shown that it is this person's card");
      break;
    case Enrollment::Result::kAlready:
      msgid = N_("{account}: the card is already registered in {registry}; nothing was changed");
      break;
    case Enrollment::Result::kWould:
      msgid = N_("{account}: the card would be registered in {registry} by {mapping}; nothing was written");
      break;
  }
  std::string text =
      say(msgid,
          {{"{account}", account}, {"{registry}", registry.name()}, {"{mapping}", enrollment.mapping}}) +
      "\n";
  if (!enrollment.warning.empty()) text += enrollment.warning + "\n";
  if (!enrollment.ldif.empty()) text += "\n" + enrollment.ldif;
  return text;
}

Json json_of(const std::string& account, const Enrollment& enrollment, const Registry& registry) {
  const char* result = "";
  switch (enrollment.result) {
    case Enrollment::Result::kRegistered:
      result = "registered";
      break;
    case Enrollment::Result::kAlready:
      result = "already-registered";
      break;
    case Enrollment::Result::kWould:
      result = "would-register";
      break;
  }
  Json json{{"account", account},
            {"result", result},
            {"registry", registry.name()},
            {"mapping", enrollment.mapping},
            {"kind", enrollment.kind},
            {"generation", enrollment.anchor},
            {"reader", enrollment.reader},
            {"pin_proof", enrollment.proven},
            {"warning", enrollment.warning.empty() ? Json() : Json(enrollment.warning)}};
  if (!enrollment.ldif.empty()) json["ldif"] = enrollment.ldif;
  return json;
}

}  // namespace jpki::ctl::card
