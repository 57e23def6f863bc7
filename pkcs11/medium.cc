// SPDX-License-Identifier: LGPL-2.1-or-later
#include "pkcs11/medium.h"

#include <algorithm>

namespace jpki::pkcs11 {
namespace {

// The MyNumber card: RSA-2048 today; P-384 is announced for the cards of about 2028, under what AID is not
// public.
constexpr Medium kMedia[] = {
    {.application = {0xD3, 0x92, 0xF0, 0x00, 0x26, 0x01, 0x00, 0x00, 0x00, 0x01},
     .certificate = {0x00, 0x0A},
     .authority = {0x00, 0x0B},
     .key = {0x00, 0x17},
     .pin = {0x00, 0x18},
     .pin_min = 4,
     .pin_max = 4,
     .pin_digits_only = true,
     .pin_tries = 3,
     .rsa = true,
     .p384 = true,
     .model = "MyNumber card"},
};

bool is_digit(std::uint8_t byte) {
  return byte >= '0' && byte <= '9';
}

}  // namespace

std::span<const Medium> media() {
  return kMedia;
}

PinForm form_of(Bytes pin, const Medium& medium) {
  if (pin.size() < medium.pin_min || pin.size() > medium.pin_max) return PinForm::kWrongLength;
  if (medium.pin_digits_only && !std::ranges::all_of(pin, is_digit)) return PinForm::kWrongCharacter;
  return PinForm::kGood;
}

}  // namespace jpki::pkcs11
