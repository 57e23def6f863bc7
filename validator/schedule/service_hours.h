// SPDX-License-Identifier: LGPL-2.1-or-later
//
// ServiceHours: when a source is open (R7: the local authentication platform closes at night and on
// holidays).
#pragma once

#include "validator/schedule/time_zone.h"

#include <optional>
#include <set>

namespace jpki::schedule {

// From `open` to before `close`, after local midnight; close <= open passes midnight, and weekday and date
// are those of the opening.
struct OpenInterval {
  std::chrono::minutes open{};
  std::chrono::minutes close{};
};

struct ServiceHours {
  std::vector<OpenInterval> hours;             // empty: round the clock
  std::vector<std::chrono::weekday> weekdays;  // empty: every day
  TimeZone zone;
  std::set<std::chrono::sys_days> closed;  // local dates: the holiday file
};

inline constexpr std::size_t kMaxHolidays = 10000;

// "08:30-17:15"; "24:00" is the end of the day.
Expected<OpenInterval, std::string> parse_interval(std::string_view text);
// "mon" to "sun".
std::optional<std::chrono::weekday> weekday_from(std::string_view name);
// One YYYY-MM-DD a line, # comments, at most kMaxHolidays dates. The error is "FILE:LINE: …".
Expected<std::set<std::chrono::sys_days>, std::string> parse_holidays(std::string_view text,
                                                                      const std::string& file);

bool is_open(const ServiceHours& hours, Time when);
// When it opens or closes next. Nothing within 14 days: nothing.
std::optional<Time> next_change(const ServiceHours& hours, Time when);

// "2026-11-24 08:30 +0900"
std::string local_text(const TimeZone& zone, Time when);

}  // namespace jpki::schedule
