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
//     last try is never spent, whoever says yes.
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
};

// The meaning of the flags for a kind of certificate, before any VERIFY. JPKI: exactly four digits, three
// tries, COUNT_LOW means exactly two left, and no flag all three. Other tokens: the lengths of
// C_GetTokenInfo, and a number only when it is certain.
PinStatus pin_status_from(const PinFlags& flags, x509::Kind kind);

// What went wrong with this card before, and whether the person can know.
struct PinHistory {
  WrongPins& wrong;
  Bytes key;  // SubjectPublicKeyInfo of the card's certificate
  bool tries_shown = true;
};

class PinGuard {
 public:
  PinGuard(Token& token, x509::Kind kind, PinHistory history) noexcept
      : token_(token), kind_(kind), history_(history) {}

  // Asks the card. kPinLocked when no try is left.
  Expected<PinStatus, CardError> status();

  // Spends at most one try. Errors: kPinMalformed, kLastTryNotConfirmed, kPinWrongBefore and kPinLocked
  // without a VERIFY, and kInternal where what was wrong before cannot be known and matters;
  // kPinIncorrect, kPinLocked, kCardRemoved, kCardError after one. The PIN is wiped before the card is asked
  // anything else. A second call is refused with kInternal.
  Expected<Unit, CardError> verify(PinReply reply);

  // Tries left as last read; for the person's message.
  std::optional<std::uint8_t> tries_left() const noexcept { return tries_left_; }

 private:
  std::optional<CardError> unseen_risk(const PinStatus& now, const Secret& pin);
  void learn(Verdict verdict, const Secret& pin);
  CardError explain_refusal(CardError refusal);

  Token& token_;
  x509::Kind kind_;
  PinHistory history_;
  std::optional<std::uint8_t> tries_left_;
  bool spent_ = false;
};

}  // namespace jpki::card
