// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Medium: what differs from one carrier of a JPKI user authentication certificate to the next, as data. The
// files of the signature certificate are not in here, so nothing in this module can name them.
#pragma once

#include "base/bytes.h"

#include <array>
#include <cstdint>
#include <span>
#include <string_view>

namespace jpki::pkcs11 {

using FileId = std::array<std::uint8_t, 2>;

struct Medium {
  std::array<std::uint8_t, 10> application;  // AID
  FileId token_info;                         // in which the application says what it is
  // What it says there, without the blanks at its end, of a medium that shares its application with one
  // above; empty: nobody asks.
  std::string_view says;
  FileId certificate;
  FileId authority;  // the certificate of the CA that issued it
  FileId key;
  FileId pin;
  std::size_t pin_min;  // characters
  std::size_t pin_max;
  bool pin_digits_only;
  std::uint8_t pin_tries;  // of a PIN that was never wrong
  bool rsa;                // keys that are used with it; what the certificate has decides which
  bool p384;
  bool certificate_after_pin;  // it is told only while the PIN is verified
  std::string_view model;      // at most 16 characters, CK_TOKEN_INFO
};

// Tried in this order on every card, but those that a card must say it is.
std::span<const Medium> media();

// The one that shares the application of `medium` and that this token information is of; null: none.
const Medium* medium_that_says(Bytes token_info, const Medium& medium);

// Whether a PIN has the form that the medium asks for. One that has not never reaches the card.
enum class PinForm { kGood, kWrongLength, kWrongCharacter };
PinForm form_of(Bytes pin, const Medium& medium);

}  // namespace jpki::pkcs11
