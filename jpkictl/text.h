// SPDX-License-Identifier: LGPL-2.1-or-later
//
// How jpkictl reads and writes times, and lays out tables.
#pragma once

#include "base/expected.h"
#include "base/time.h"

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

namespace jpki::ctl {

// RFC 3339: "2027-04-01T00:00:00+09:00" or "…Z"; with seconds or without. A date alone, or a time without an
// offset, is taken in the machine's time zone (a date: its first second), unless `offset_required`.
Expected<Time, std::string> parse_time(std::string_view text, bool offset_required = false);

// "2027-04-01T00:00:00+09:00", in the machine's time zone.
std::string time_text(Time when);
// "3 min", "5 h", "12 d": the largest unit that fits at least twice.
std::string age_text(std::chrono::seconds age);

// What others chose (names of files, of accounts) must not steer the administrator's terminal: control and
// format characters, and bytes that are no UTF-8, as \xHH. `lines`: text of several lines, which stay.
enum class Lines { kOne, kSeveral };
std::string for_terminal(std::string_view text, Lines lines);

// The length of the UTF-8 character at the beginning of `text` that a terminal may be shown; 0: none.
std::size_t harmless_character(std::string_view text);

// Columns as wide as their widest cell, two spaces apart; the first row is the head.
std::string table(const std::vector<std::vector<std::string>>& cells);

}  // namespace jpki::ctl
