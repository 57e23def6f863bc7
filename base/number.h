// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Numbers in text, strictly: the whole of it, as std::from_chars reads it whatever the locale. Digits, after
// a minus where the number can have one; no blanks, no plus.
#pragma once

#include <charconv>
#include <concepts>
#include <optional>
#include <string_view>
#include <system_error>

namespace jpki {

// Nothing: it is something else, has more behind it, or does not fit.
template <std::integral Number>
std::optional<Number> whole_number(std::string_view text, int base = 10) noexcept {
  Number value{};
  const char* const end = text.data() + text.size();
  const auto [read, error] = std::from_chars(text.data(), end, value, base);
  return error == std::errc{} && read == end ? std::optional(value) : std::nullopt;
}

}  // namespace jpki
