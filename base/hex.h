// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Octets from hexadecimal digits; to_hex() of bytes.h is the other way.
#pragma once

#include "base/number.h"

#include <array>
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
    const auto byte = whole_number<std::uint8_t>(digits.substr(2 * i, 2), 16);
    if (!byte) return std::nullopt;
    out.at(i) = *byte;
  }
  return out;
}

}  // namespace jpki
