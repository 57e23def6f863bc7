// SPDX-License-Identifier: LGPL-2.1-or-later
//
// PinGuard: stands between a PIN and the card. Three wrong PINs send a person to the counter, so:
//   - one PinGuard sends at most one VERIFY, whatever happens;
//   - the form is checked before the card is touched;
//   - the tries left are read from the card right before, and the last one is spent only after an explicit
//   yes;
//   - after a refusal the card is asked again: the try that locks a JPKI card is still reported as
//     CKR_PIN_INCORRECT, and later ones as CKR_GENERAL_ERROR. What it answers can only lower the number:
//     after a wrong PIN one try less is left than before, even when the module knows nothing any more and
//     sets no flag;
//   - where the person cannot see how many tries are left, what was wrong before is not tried again, and the
//     last try is never spent, whoever says yes;
//   - of a token that does not tell its tries, what was wrong here is counted, and not tried again either. As
//     soon as the count leaves no more than one try for certain, a try is spent only after an explicit yes.
//     An entry on the reader that was cancelled, or too late, is none.
#pragma once

#include "validator/card/token.h"
#include "validator/card/wrong_pins.h"
#include "validator/x509/kind.h"

#include <optional>

namespace jpki::card {

// What is known about the PIN of the chosen certificate before it is asked for.
struct PinStatus {
  PinForm form;
  std::optional<std::uint8_t> tries_left;  // nothing: the token does not tell
  std::uint8_t max_tries = 0;              // 0: the token does not tell
  bool may_be_last = false;                // nobody can tell that more than one is left
  bool on_reader = false;                  // where it is typed
};

// The meaning of the flags by a rule, before any VERIFY: lengths as far as the rule leaves them to the token,
// and a number of tries only when it is certain. `lost`: tries that are known to be lost, of a token that
// does not tell; nothing: not known either.
PinStatus pin_status_from(const PinFlags& flags, const PinRule& rule, std::optional<std::size_t> lost = 0);

// Why no PIN is asked for: kTokenWithoutPin, kPinNotSet, kPinLocked, kPinToBeChanged, and kConfigInvalid
// where the rule says that it is typed on a reader that has no keys.
std::optional<CardError> why_no_pin(const PinFlags& flags, const PinRule& rule);

// What went wrong with this card before, and whether the person can know.
struct PinHistory {
  WrongPins& wrong;
  Bytes key;  // SubjectPublicKeyInfo of the card's certificate
  bool tries_shown = true;
};

class PinGuard {
 public:
  PinGuard(Token& token, const PinRule& rule, PinHistory history) noexcept
      : token_(token), rule_(rule), history_(history) {}

  // Asks the card. Errors: why_no_pin().
  Expected<PinStatus, CardError> status();

  // Spends at most one try. Errors: those of status(), kPinMalformed, kLastTryNotConfirmed and
  // kPinWrongBefore without a VERIFY, and kInternal where what was wrong before cannot be known and matters;
  // after one, those of Token::login(). The PIN is wiped before the card is asked anything else. A second
  // call is refused with kInternal.
  Expected<Unit, CardError> verify(PinReply reply);

  // Tries left as last read; for the person's message.
  std::optional<std::uint8_t> tries_left() const noexcept { return tries_left_; }

 private:
  std::optional<CardError> unseen_risk(const PinStatus& now, const Secret& pin);
  void learn(Verdict verdict, const Secret& pin);
  CardError explain_refusal(CardError refusal);

  Token& token_;
  PinRule rule_;
  PinHistory history_;
  std::optional<std::uint8_t> tries_left_;
  bool spent_ = false;
  bool noted_first_ = false;  // for this try alone
};

}  // namespace jpki::card
