// SPDX-License-Identifier: LGPL-2.1-or-later
#include "base/mapping/mapping_text.h"
#include "jpkictl/card/commands.h"
#include "jpkictl/card/terminal.h"
#include "jpkictl/card/waiting.h"
#include "jpkictl/interruption.h"
#include "jpkictl/words.h"

#include <algorithm>

namespace jpki::ctl::card {
namespace {

// What is to be taken back.
struct Meant {
  std::vector<Held> registered;
  std::vector<Held> overlaid;  // what logins registered (waiting.h)

  bool empty() const { return registered.empty() && overlaid.empty(); }
};

Expected<Meant, Trouble> of_card(const RevokeOptions& options, const Site& site, const Context& context) {
  const auto card = Desk(context, options.card.desk()).read_one();
  if (!card) return Unexpected{card.error()};
  auto held = site.registry->holders_of(card->mappings);
  if (!held) return Unexpected{held.error()};
  auto overlaid = held_in_overlay(site, card->mappings);
  if (!overlaid) return Unexpected{overlaid.error()};
  Meant all{std::move(*held), std::move(*overlaid)};
  if (all.empty())
    return Unexpected{refused(say(N_("the card on the reader is registered to nobody in {registry}"),
                                  {{"{registry}", site.registry->name()}}))};
  return all;
}

Expected<Meant, Trouble> of_account(const RevokeOptions& options, const Site& site) {
  if (options.account.empty()) return Unexpected{refused(say(N_("no account is named")))};  // it would be all
  auto held = site.registry->of_account(options.account);
  if (!held) return Unexpected{held.error()};
  auto overlaid = held_in_overlay(site, {});
  if (!overlaid) return Unexpected{overlaid.error()};
  std::erase_if(*overlaid, [&](const Held& one) {
    return !site.registry->is_same_account(one.account, options.account);
  });
  Meant all{std::move(*held), std::move(*overlaid)};
  if (!options.mapping.empty()) {
    const auto mapping = mapping::canonical_mapping(options.mapping, mapping::kAllWeakForms);
    if (!mapping) return Unexpected{could_not("--mapping: " + mapping.error())};
    for (auto* part : {&all.registered, &all.overlaid})
      std::erase_if(*part, [&](const Held& one) { return one.mapping != *mapping; });
  }
  if (all.empty())
    return Unexpected{refused(say(N_("{account} has no such card in {registry}"),
                                  {{"{account}", options.account}, {"{registry}", site.registry->name()}}))};
  return all;
}

Json json_of(const Meant& all, const char* result) {
  Json bindings = Json::array();
  for (const auto* part : {&all.registered, &all.overlaid})
    for (const Held& one : *part) bindings.push_back({{"account", one.account}, {"where", one.where}});
  return {{"result", result}, {"bindings", std::move(bindings)}};
}

std::string lines_of(const char* msgid, const Meant& all) {
  std::string text;
  for (const auto* part : {&all.registered, &all.overlaid})
    for (const Held& one : *part)
      text +=
          say(msgid, {{"{account}", one.account}, {"{mapping}", one.mapping}, {"{where}", one.where}}) + "\n";
  return text;
}

// A renewed certificate goes before the older one: without that, nobody could be told whose it was.
Expected<Unit, Trouble> take_back(const Meant& all, Site& site, Time now) {
  const HeldSignals whole;
  for (const Held& one : all.overlaid)
    if (auto refused = refuse_in_overlay(site, one, now); !refused) return refused;
  for (const Held& one : all.registered) {
    if (const auto removed = site.registry->remove(one); !removed) return Unexpected{removed.error()};
    if (const auto left = site.registry->of_account(one.account); left && left->empty()) {
      (void)site.copies.remove(one.account, {});
    } else if (one.mapping.starts_with(mapping::kThumbprintPrefix)) {
      (void)site.copies.remove(one.account, one.mapping);
    }
  }
  return Unit{};
}

}  // namespace

ExitStatus revoke(const RevokeOptions& options, const Context& context) {
  auto site = open_site(context, options.place, Use::kWrite);
  if (!site) return tell(site.error(), context);
  const auto held = options.of_card ? of_card(options, *site, context) : of_account(options, *site);
  if (!held) return tell(held.error(), context);
  if (options.dry_run) {
    const auto ldif = site->registry->preview_remove(held->registered);
    if (!ldif) return tell(ldif.error(), context);
    return tell_plan(
        lines_of(N_("{account}: {mapping} would be taken back ({where}); nothing was written"), *held), *ldif,
        json_of(*held, "would-revoke"), context);
  }
  const std::string question = lines_of(N_("{account}: {mapping} ({where})"), *held) +
                               say(N_("Take this back? These cards then log nobody in. Type yes or no: "));
  if (auto sure = confirm_change(question, options.yes, context); !sure) return tell(sure.error(), context);
  if (auto done = take_back(*held, *site, context.now); !done) return tell(done.error(), context);
  context.print(context.json ? print_json(json_of(*held, "revoked"))
                             : lines_of(N_("{account}: {mapping} was taken back ({where})"), *held));
  return ExitStatus::kGood;
}

}  // namespace jpki::ctl::card
