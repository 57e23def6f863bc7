// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Octets from hexadecimal digits; to_hex() of bytes.h is the other way.
#pragma once

#include <array>
#include <charconv>
#include <cstdint>
#include <optional>
#include <string_view>

namespace jpki {

// Nothing unless `digits` are 2 * kSize digits, of either case.
template <std::size_t kSize>
std::optional<std::array<std::uint8_t, kSize>> from_hex(std::string_view digits) {
  if (digits.size() != 2 * kSize) return std::nullopt;
  std::array<std::uint8_t, kSize> out{};
  for (std::size_t i = 0; i < kSize; ++i) {
    const char* const begin = digits.data() + 2 * i;
    const auto [end, error] = std::from_chars(begin, begin + 2, out.at(i), 16);
    if (error != std::errc{} || end != begin + 2) return std::nullopt;
  }
  return out;
}

}  // namespace jpki
