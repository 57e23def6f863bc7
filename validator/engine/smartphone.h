// SPDX-License-Identifier: LGPL-2.1-or-later
//
// A smartphone on the reader: the one medium whose PIN is sent before anybody has seen its certificate. So
// whether it is sent at all is decided by what is known without it.
#pragma once

#include "validator/engine/authenticate.h"
#include "validator/engine/candidate.h"

namespace jpki::engine {

// Whether its PIN may be asked for, and sent once. Only
//   - for a login: kSmartphoneNotAllowed for registering a card, kNotSessionCard where a card that opened a
//     session is wanted, which was no smartphone;
//   - in a reader of this machine, where [smartphone] names anybody, JPKI certificates log in and `rule`, the
//     [[token]] for it, admits them and has the PIN typed on the screen, and on a screen that shows what is
//     asked and how many tries are left: else kSmartphoneNotAllowed;
//   - for an account that was named (kSmartphoneWithoutName), and that [smartphone] names
//     (kSmartphoneNotForAccount).
Expected<Unit, Refusal> may_ask_its_pin(const Start& start, SmartphonePolicy policy, bool reader_is_here,
                                        std::span<const x509::Kind> login_kinds, const card::TokenRule* rule);

// What kPinLocked is for a smartphone.
Refusal explain_pin_of_smartphone(const card::CardError& error);

// The certificate of a smartphone whose PIN is verified: exactly one, and of a kind that
// may_ask_its_pin() was for: JPKI for user authentication.
Expected<Candidate, Refusal> candidate_of_smartphone(card::Token& token, const Services& services);

// What was wrong before is known by a card's certificate, and a smartphone shows none. It counts its tries,
// and is used only where they are shown.
class NothingRemembered final : public card::WrongPins {
 public:
  Expected<bool, std::string> holds(Bytes, const Secret&) override { return false; }
  Expected<Unit, std::string> remember(Bytes, const Secret&) override { return Unit{}; }
  Expected<Unit, std::string> forget(Bytes) override { return Unit{}; }
  Expected<std::size_t, std::string> count(Bytes) override { return std::size_t{0}; }
};

}  // namespace jpki::engine
