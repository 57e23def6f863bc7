// SPDX-License-Identifier: LGPL-2.1-or-later
#include "jpkictl/card/request_rules.h"

#include "jpkictl/card/request_keys.h"
#include "jpkictl/text.h"
#include "jpkictl/words.h"

#include <algorithm>

namespace jpki::ctl::card {
namespace {

constexpr std::chrono::minutes kClocksApart{5};

Unexpected<Trouble> refuse(const Request& request, const char* msgid) {
  return Unexpected{refused(say(msgid, {{"{host}", request.host},
                                        {"{account}", for_terminal(request.account, Lines::kOne)},
                                        {"{account}", for_terminal(request.account, Lines::kOne)}}))};
}

Expected<Unit, Trouble> is_signed(const Request& request, const RequestFacts& facts) {
  if (!facts.public_key)
    return refuse(request, N_("{host}: no requests are taken from this computer; its key would be in "
                              "/etc/jpki/request-hosts.d, in a file with its name and .pem"));
  if (!is_signed_by(request, *facts.public_key))
    return refuse(request, N_("{host}: the key of this computer did not sign this: somebody changed it, or "
                              "another computer made it"));
  if (request.made > facts.now + kClocksApart || request.asked > request.made)
    return refuse(request, N_("{host}: it was signed in the future; look at the clocks of both computers"));
  if (facts.now - request.made > kRequestLife)
    return refuse(request,
                  N_("{host}: it was signed more than 14 days ago; export it there again if it still waits"));
  return Unit{};
}

Expected<Unit, Trouble> is_undecided(const Request& request, std::span<const Decision> decisions) {
  const std::string name = request.name();
  for (const Decision& decision : decisions) {
    if (decision.name != name || decision.account != request.account) continue;
    if (!decision.approved)
      return refuse(request, N_("{account}: an administrator refused this card for this account"));
    if (request.asked <= decision.when)
      return refuse(request, N_("{account}: this request was approved before; it counts once"));
  }
  return Unit{};
}

Expected<Unit, Trouble> is_alone(const Request& request, const RequestFacts& facts) {
  const std::string name = request.name();
  const auto against = [&](const std::string& other_name, const std::string& other_account) {
    const bool same_card = other_name == name;
    const bool same_account = other_account == request.account;
    if (same_card && (same_account || other_account.empty()))
      return N_("{account}: this card waits for a decision here already");
    if (same_card) return N_("{account}: the card waits for a decision for another account");
    if (same_account)
      return N_(
          "{account}: another card waits for a decision for this account; see: jpkictl card pending list");
    return "";
  };
  for (const Request& other : facts.waiting)
    if (const char* const why = against(other.name(), other.account); *why != '\0')
      return refuse(request, why);
  for (const succession::Entry& entry : facts.overlay) {
    if (!entry.is_undecided()) continue;
    if (const char* const why = against(entry.new_name, entry.account); *why != '\0')
      return refuse(request, why);
  }
  return Unit{};
}

bool all_of_account(const std::vector<Held>& held, const std::string& account) {
  return std::ranges::all_of(held, [&](const Held& one) { return one.account == account; });
}

bool asserts(const succession::Answer& answer, const std::vector<std::string>& old_names) {
  return answer.kind == succession::Answer::Kind::kOld &&
         std::ranges::find_first_of(answer.old, old_names) != answer.old.end();
}

}  // namespace

Trouble of_card(Verdict verdict, const std::string& cause) {
  std::string text =
      say(N_("this card cannot log in, so it was not registered: {code} {cause}; for the next step "
             "run: jpkictl explain {code}"),
          {{"{code}", code_of(verdict)}, {"{cause}", cause}, {"{code}", code_of(verdict)}});
  return {ExitStatus::kBad, std::move(text), verdict};
}

Expected<Unit, Trouble> may_wait(const Request& request, const RequestFacts& facts) {
  if (auto good = is_signed(request, facts); !good) return good;
  if (auto good = is_undecided(request, facts.decisions); !good) return good;
  if (auto good = is_alone(request, facts); !good) return good;
  if (!facts.ordinary(request.account))
    return refuse(request, N_("{account}: the account administers something, or this computer does not know "
                              "it; register its card with jpkictl card enroll {account}"));
  return Unit{};
}

Expected<Unit, Trouble> may_be_bound(const Request& request, const registration::CardReading& certificate,
                                     const BoundFacts& bound) {
  if (certificate.kind == x509::Kind::kLgpkiRole)
    return refuse(request,
                  N_("{account}: this is the certificate of an office, which an administrator registers"));
  if (certificate.path != Verdict::kAccepted)
    return Unexpected{of_card(certificate.path, certificate.path_cause)};
  if (certificate.revocation != Verdict::kAccepted)
    return Unexpected{of_card(certificate.revocation, certificate.revocation_cause)};
  if (certificate.mappings.empty()) return Unexpected{of_card(Verdict::kCertificateUnacceptable, {})};
  if (!bound.of_card.empty() && all_of_account(bound.of_card, request.account))
    return refuse(request, N_("{account}: the card is registered for this account already"));
  if (!bound.of_card.empty()) return Unexpected{bound_to_other(bound.of_card.front())};
  if (request.is_renewal()) {
    if (bound.of_older.empty() || !all_of_account(bound.of_older, request.account))
      return refuse(request,
                    N_("{account}: the older card, in whose place this one stands, is not registered for "
                       "this account, or not for it alone"));
    if (bound.feed && !asserts(*bound.feed, request.old_names))
      return refuse(request,
                    N_("{account}: the feed of this computer does not say in whose place the card stands"));
    return Unit{};
  }
  if (!bound.of_account.empty())
    return refuse(request,
                  N_("{account}: the account has a card already; take it back first (jpkictl card revoke "
                     "{account}), or register this one as well with jpkictl card enroll"));
  return Unit{};
}

}  // namespace jpki::ctl::card
