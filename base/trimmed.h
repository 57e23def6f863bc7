// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Text without what is of no account at its two ends.
#pragma once

#include <algorithm>
#include <string_view>

namespace jpki {

inline constexpr std::string_view kBlanks = " \t\r";  // in a line of a file

// A view of `text` without such octets at its ends.
constexpr std::string_view trimmed(std::string_view text, std::string_view blanks = kBlanks) noexcept {
  text.remove_prefix(std::min(text.find_first_not_of(blanks), text.size()));
  return text.substr(0, text.find_last_not_of(blanks) + 1);  // npos + 1 is 0
}

}  // namespace jpki
