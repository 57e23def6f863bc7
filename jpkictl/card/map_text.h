// SPDX-License-Identifier: LGPL-2.1-or-later
//
// The text of accounts.map, changed: pure, and byte for byte the same but for the lines that are meant.
#pragma once

#include "validator/map/map_lines.h"

#include <span>
#include <string>
#include <string_view>

namespace jpki::ctl::card {

// Whether a line can begin with it: no blank, no control character, no '#' in front.
bool is_account_word(std::string_view account);

// A new last line; an unfinished one before it is ended.
std::string with_line(std::string_view text, std::string_view account, std::string_view mapping);

// Without the lines that begin at `offsets`, ascending.
std::string without_lines(std::string_view text, std::span<const std::size_t> offsets);

// With another account on these lines; what stands before and behind it stays.
std::string with_account(std::string_view text, std::span<const std::size_t> offsets,
                         std::string_view account);

// Counted from 1.
std::size_t number_of_line(std::string_view text, std::size_t offset);

}  // namespace jpki::ctl::card
