// SPDX-License-Identifier: LGPL-2.1-or-later
#include "pkcs11/medium.h"

#include "base/smartphone.h"

#include <algorithm>

namespace jpki::pkcs11 {
namespace {

using ApplicationId = decltype(Medium::application);
constexpr ApplicationId kJpki = {0xD3, 0x92, 0xF0, 0x00, 0x26, 0x01, 0x00, 0x00, 0x00, 0x01};
constexpr FileId kTokenInfo = {0x00, 0x06};

// The MyNumber card: RSA-2048 today; P-384 is announced for the cards of about 2028, under what AID is not
// public. The smartphone is what two programs make it that read cards and Android phones alike (myna, in Go
// and in Rust): the same application, another text in its token information, and the PIN before the
// certificate. No phone was tried here.
constexpr Medium kMedia[] = {
    {.application = kJpki,
     .token_info = kTokenInfo,
     .says = {},
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
     .certificate_after_pin = false,
     .model = "MyNumber card"},
    {.application = kJpki,
     .token_info = kTokenInfo,
     .says = kSmartphoneTokenInfo,
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
     .certificate_after_pin = true,
     .model = kSmartphoneModel},
};

bool is_digit(std::uint8_t byte) {
  return byte >= '0' && byte <= '9';
}

}  // namespace

std::span<const Medium> media() {
  return kMedia;
}

const Medium* medium_that_says(Bytes token_info, const Medium& medium) {
  std::string_view text = as_text(token_info);
  text = text.substr(0, text.find_last_not_of(' ') + 1);
  const auto* const found = std::ranges::find_if(kMedia, [&](const Medium& other) {
    return !other.says.empty() && other.says == text && other.application == medium.application;
  });
  return found == std::end(kMedia) ? nullptr : found;
}

PinForm form_of(Bytes pin, const Medium& medium) {
  if (pin.size() < medium.pin_min || pin.size() > medium.pin_max) return PinForm::kWrongLength;
  if (medium.pin_digits_only && !std::ranges::all_of(pin, is_digit)) return PinForm::kWrongCharacter;
  return PinForm::kGood;
}

}  // namespace jpki::pkcs11
