// SPDX-License-Identifier: LGPL-2.1-or-later
//
// What the tests of the virtual card share: hexadecimal commands, a card of made-up contents, a folder of
// their own.
#pragma once

#include "testkit/vcard/virtual_card.h"
#include "tests/unit/support/check_main.h"

#include <cstdlib>
#include <memory>
#include <string>
#include <string_view>

namespace jpki::vcard::test {

inline std::uint8_t hex_digit(char digit) {
  return static_cast<std::uint8_t>(digit <= '9' ? digit - '0' : (digit | 0x20) - 'a' + 10);
}

// "00A4 040C" as bytes; spaces are ignored.
inline Blob hex(std::string_view text) {
  Blob bytes;
  bool high = true;
  for (const char digit : text) {
    if (digit == ' ') continue;
    if (high) bytes.push_back(static_cast<std::uint8_t>(hex_digit(digit) << 4));
    if (!high) bytes.back() = static_cast<std::uint8_t>(bytes.back() | hex_digit(digit));
    high = !high;
  }
  return bytes;
}

inline constexpr std::string_view kSelectApplication = "00A4040C0A D392F000260100000001";
inline constexpr std::string_view kDigestInfo =
    "3031300d060960864801650304020105000420 000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";

inline std::string select_file(std::string_view identifier) {
  return "00A4020C02" + std::string(identifier);
}
inline std::string verify(std::string_view pin) {
  const auto size = static_cast<std::uint8_t>(pin.size());
  return "00200080" + to_hex(Bytes(&size, 1)) + to_hex(as_bytes(pin));
}
inline std::string sign_command() {
  return "802A008033" + std::string(kDigestInfo) + "00";
}

inline std::shared_ptr<const CardKey> new_key(KeyType type) {
  auto key = CardKey::generate(type);
  if (!key) std::abort();
  return std::make_shared<const CardKey>(std::move(*key));
}

// Made before Check forks, so that every test has it without the time to make one.
inline const std::shared_ptr<const CardKey>& shared_key() {
  static const std::shared_ptr<const CardKey> key = new_key(KeyType::kRsa2048);
  return key;
}

// Bytes framed like a certificate, all `fill`.
inline Blob certificate(std::size_t size, std::uint8_t fill) {
  Blob bytes(size, fill);
  bytes[0] = 0x30;
  bytes[1] = 0x82;
  bytes[2] = static_cast<std::uint8_t>((size - 4) >> 8);
  bytes[3] = static_cast<std::uint8_t>((size - 4) & 0xFF);
  return bytes;
}

inline CardContents contents() {
  return {.auth_certificate = certificate(600, 0xA1),
          .auth_ca = certificate(500, 0xA2),
          .sign_certificate = certificate(700, 0xB1),
          .sign_ca = certificate(400, 0xB2),
          .auth_key = shared_key(),
          .sign_key = shared_key()};
}

// Check's own macro keeps a pointer into the text it compares, which may be a temporary.
inline void assert_text(std::string_view actual, std::string_view expected) {
  ck_assert_msg(actual == expected, "\"%.*s\" is not \"%.*s\"", static_cast<int>(actual.size()),
                actual.data(), static_cast<int>(expected.size()), expected.data());
}

}  // namespace jpki::vcard::test
