// SPDX-License-Identifier: LGPL-2.1-or-later
#include "validator/engine/smartphone.h"

#include "validator/engine/card_search.h"

#include <algorithm>
#include <array>

namespace jpki::engine {
namespace {

Unexpected<Refusal> refuse(Verdict verdict, const char* cause) {
  return Unexpected{Refusal{verdict, cause}};
}

}  // namespace

Expected<Unit, Refusal> may_ask_its_pin(const Start& start, SmartphonePolicy policy, bool reader_is_here,
                                        std::span<const x509::Kind> login_kinds,
                                        const card::TokenRule* rule) {
  if (!ends_in_pin(start.purpose) || start.same_card)
    return refuse(Verdict::kNotSessionCard, "a smartphone, and no smartphone opens a session's record");
  if (start.purpose != Purpose::kLogin)
    return refuse(Verdict::kSmartphoneNotAllowed, "a smartphone is not registered at a prompt");
  if (policy == SmartphonePolicy::kForNobody)
    return refuse(Verdict::kSmartphoneNotAllowed,
                  "[smartphone] in jpki.toml names nobody, or a program that is not root's asks");
  if (std::ranges::find(login_kinds, x509::Kind::kJpkiAuthentication) == login_kinds.end())
    return refuse(Verdict::kSmartphoneNotAllowed, "[login] kinds has no jpki-authentication");
  if (rule != nullptr && !rule->admits(x509::Kind::kJpkiAuthentication))
    return refuse(Verdict::kSmartphoneNotAllowed, "the [[token]] for it does not admit jpki-authentication");
  if (rule != nullptr && rule->pin.entry == card::PinEntry::kReader)
    return refuse(Verdict::kSmartphoneNotAllowed, "the [[token]] for it has the PIN typed on the reader");
  if (!reader_is_here || start.elsewhere)
    return refuse(Verdict::kSmartphoneNotAllowed, "a smartphone in a reader of another machine");
  if (!start.tries_shown)
    return refuse(Verdict::kSmartphoneNotAllowed,
                  "this screen shows neither what is asked nor the tries left");
  if (start.user.empty())
    return refuse(Verdict::kSmartphoneWithoutName,
                  "no account is named, and no certificate can name one yet");
  if (policy != SmartphonePolicy::kForThisAccount)
    return refuse(Verdict::kSmartphoneNotForAccount, "[smartphone] in jpki.toml does not name the account");
  return Unit{};
}

Refusal explain_pin_of_smartphone(const card::CardError& error) {
  const bool locked = error.verdict == Verdict::kPinLocked;
  return {locked ? Verdict::kSmartphonePinLocked : error.verdict, error.cause};
}

Expected<Candidate, Refusal> candidate_of_smartphone(card::Token& token, const Services& services) {
  auto found = read_candidates(token, services);
  if (!found) return Unexpected{found.error()};
  const auto places = login_candidates(*found, std::array{x509::Kind::kJpkiAuthentication});
  if (!places) return Unexpected{places.error()};
  if (places->size() > 1)
    return refuse(Verdict::kSeveralCards, "a smartphone with more than one certificate that could log in");
  return std::move((*found)[places->front()]);
}

}  // namespace jpki::engine
