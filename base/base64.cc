// SPDX-License-Identifier: LGPL-2.1-or-later
#include "base/base64.h"

namespace jpki {
namespace {

constexpr std::string_view kDigits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

}  // namespace

std::string to_base64(Bytes octets) {
  std::string text;
  text.reserve((octets.size() + 2) / 3 * 4);
  for (std::size_t at = 0; at < octets.size(); at += 3) {
    const std::size_t count = octets.size() - at < 3 ? octets.size() - at : 3;
    std::uint32_t group = 0;
    for (std::size_t i = 0; i < 3; ++i) group = group << 8 | (i < count ? octets[at + i] : 0U);
    for (std::size_t i = 0; i < 4; ++i) text += i <= count ? kDigits[group >> (18 - 6 * i) & 63] : '=';
  }
  return text;
}

std::optional<Blob> from_base64(std::string_view text) {
  if (text.size() % 4 != 0) return std::nullopt;
  Blob octets;
  std::uint32_t group = 0;
  std::size_t digits = 0;
  for (const char c : text.substr(0, text.find('='))) {
    const std::size_t digit = kDigits.find(c);
    if (digit == kDigits.npos) return std::nullopt;
    group = group << 6 | static_cast<std::uint32_t>(digit);
    if (++digits % 4 != 0) continue;
    for (const unsigned shift : {16U, 8U, 0U}) octets.push_back(static_cast<std::uint8_t>(group >> shift));
    group = 0;
  }
  if (digits % 4 == 3) octets.push_back(static_cast<std::uint8_t>(group >> 10));
  if (digits % 4 >= 2) octets.push_back(static_cast<std::uint8_t>(group >> (digits % 4 == 3 ? 2 : 4)));
  // Bits that are left over, padding that is wrong or in the middle.
  return to_base64(octets) == text ? std::optional(std::move(octets)) : std::nullopt;
}

}  // namespace jpki
