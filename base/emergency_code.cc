// SPDX-License-Identifier: LGPL-2.1-or-later
#include "base/emergency_code.h"

#include "base/typed_text.h"

#include <array>

#include <string.h>

namespace jpki {
namespace {

constexpr unsigned kModulus = 97;
constexpr std::size_t kGroup = 4;

struct WipedDigits {
  std::array<std::uint8_t, kEmergencyDigits> digits{};
  ~WipedDigits() { ::explicit_bzero(digits.data(), digits.size()); }
};

bool is_digit(std::uint8_t byte) {
  return byte >= '0' && byte <= '9';
}

// How many bytes at the beginning of `text` are one separator: space, hyphen, U+3000, U+FF0D, U+2010 to
// U+2015, U+2212, U+30FC. An input method leaves these.
std::size_t separator(std::string_view text) {
  if (text.front() == ' ' || text.front() == '-' || text.front() == '\t') return 1;
  static constexpr std::string_view kWide[] = {"\u3000", "\uFF0D", "\u2010", "\u2011", "\u2012",
                                               "\u2013", "\u2014", "\u2015", "\u2212", "\u30FC"};
  for (const std::string_view wide : kWide)
    if (text.starts_with(wide)) return wide.size();
  return 0;
}

// The digit at the beginning of `text`, ASCII or full-width, and its size.
struct Digit {
  std::uint8_t ascii = 0;
  std::size_t size = 0;  // 0: there is none
};
Digit digit(std::string_view text) {
  const auto first = static_cast<std::uint8_t>(text.front());
  if (is_digit(first)) return {first, 1};
  const auto wide = wide_digit(text);
  return wide ? Digit{*wide, kWideDigitSize} : Digit{};
}

unsigned remainder_of(Bytes digits) {
  unsigned rest = 0;
  for (const std::uint8_t byte : digits) rest = (rest * 10 + (byte - '0')) % kModulus;
  return rest;
}

}  // namespace

bool is_emergency_code(Bytes digits) noexcept {
  return digits.size() == kEmergencyDigits && std::ranges::all_of(digits, is_digit) &&
         remainder_of(digits) == 1;
}

std::optional<Secret> emergency_code_of(std::string_view typed) noexcept {
  WipedDigits found;
  std::size_t size = 0;
  while (!typed.empty()) {
    if (const std::size_t skipped = separator(typed); skipped != 0) {
      typed.remove_prefix(skipped);
      continue;
    }
    const Digit next = digit(typed);
    if (next.size == 0 || size == found.digits.size()) return std::nullopt;
    found.digits[size++] = next.ascii;
    typed.remove_prefix(next.size);
  }
  const Bytes digits(found.digits.data(), size);
  return is_emergency_code(digits) ? Secret::copy_of(digits) : std::nullopt;
}

std::optional<Secret> emergency_code_from(std::uint64_t payload) noexcept {
  if (payload >= kEmergencyValues) return std::nullopt;
  WipedDigits made;
  made.digits.fill('0');
  for (std::size_t i = kEmergencyPayload; i-- > 0; payload /= 10)
    made.digits[i] = static_cast<std::uint8_t>('0' + payload % 10);
  const unsigned check = kModulus + 1 - remainder_of(made.digits);  // the last two digits are still 0
  made.digits[kEmergencyPayload] = static_cast<std::uint8_t>('0' + check / 10);
  made.digits[kEmergencyPayload + 1] = static_cast<std::uint8_t>('0' + check % 10);
  return Secret::copy_of(made.digits);
}

std::string in_groups(Bytes digits) {
  std::string text;
  for (std::size_t i = 0; i < digits.size(); ++i) {
    if (i != 0 && i % kGroup == 0) text += ' ';
    text += static_cast<char>(digits[i]);
  }
  return text;
}

}  // namespace jpki
