// SPDX-License-Identifier: LGPL-2.1-or-later
//
// What an input method leaves of a digit or of a yes that a person typed.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace jpki {

inline constexpr std::size_t kWideDigitSize = 3;  // bytes: EF BC 90 to EF BC 99 are U+FF10 to U+FF19

// The ASCII digit for the full-width one at the beginning of `text`; nothing when there is none.
std::optional<std::uint8_t> wide_digit(std::string_view text) noexcept;

inline constexpr std::string_view kTypedBlanks = " \t\r\n";  // for trimmed()

// "yes" or はい, also in kana, romaji and full width; blanks around it do not count.
bool is_yes(std::string_view typed) noexcept;

}  // namespace jpki
