// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Why does OpenSC not recognise a MyNumber card? A smartphone it does not know. Of a card it asks each PIN of
// the card for its tries, and drops the whole card where one answers with 6983 or 6984 instead of a number,
// as some do when that PIN is locked. The login PIN is asked here, past OpenSC; the signature PIN never is:
// that it is locked is what remains.
#pragma once

#include "validator/card/token.h"

#include <optional>
#include <span>
#include <string>

namespace jpki::card {

// What an answer to VERIFY without a PIN says of the login PIN: kPinLocked; kSignaturePinLocked when there
// are tries left; nothing when it says neither. `status`: SW1-SW2, ISO/IEC 7816-4.
std::optional<Verdict> meaning_of_login_pin(std::uint16_t status);

// Asks the JPKI application of the cards in these readers: what it is, then its login PIN. Costs no try.
// kSmartphoneNotAllowed and what meaning_of_login_pin() says; nothing: no such card, or it does not tell.
std::optional<CardError> explain_unrecognised(std::span<const std::string> readers);

// The same where a module shows a token without a certificate, as OpenSC does of a smartphone: what the card
// is, and nothing of its PIN. Nothing: no smartphone.
std::optional<CardError> explain_missing_certificate(const std::string& reader);

}  // namespace jpki::card
