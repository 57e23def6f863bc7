// SPDX-License-Identifier: LGPL-2.1-or-later
#include "pkcs11/medium.h"

#include "base/padded_text.h"
#include "base/smartphone.h"

#include <algorithm>
#include <iterator>

namespace jpki::pkcs11 {
namespace {

// RSA-2048 today; P-384 is announced for the cards of about 2028, under what AID is not public.
constexpr Medium kCard{.application = {0xD3, 0x92, 0xF0, 0x00, 0x26, 0x01, 0x00, 0x00, 0x00, 0x01},
                       .token_info = {0x00, 0x06},
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
                       .model = "MyNumber card"};

// What two programs make of it that read cards and Android phones alike (myna, in Go and in Rust): the card's
// application with another text in its token information, and the PIN before the certificate. No phone was
// tried here.
constexpr Medium smartphone() {
  Medium phone = kCard;
  phone.says = kSmartphoneTokenInfo;
  phone.certificate_after_pin = true;
  phone.model = kSmartphoneModel;
  return phone;
}

constexpr Medium kMedia[] = {kCard, smartphone()};

// Equivalents of applet.cc in tests/mutants/equivalent.txt rest on these: where one no longer holds, look at
// them again.
constexpr bool has_short_identifier(const FileId& file) {
  return file[0] == 0 && file[1] >= 2 && file[1] <= 29;
}
static_assert(std::size(kMedia) == 2 && kMedia[0].says.empty() && !kMedia[1].says.empty());
static_assert(std::ranges::all_of(kMedia, has_short_identifier, &Medium::certificate) &&
              std::ranges::all_of(kMedia, has_short_identifier, &Medium::authority));

bool is_digit(std::uint8_t byte) {
  return byte >= '0' && byte <= '9';
}

}  // namespace

std::span<const Medium> media() {
  return kMedia;
}

const Medium* medium_that_says(Bytes token_info, const Medium& medium) {
  const std::string_view text = without_padding(as_text(token_info));
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
