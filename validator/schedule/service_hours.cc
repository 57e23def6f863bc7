// SPDX-License-Identifier: LGPL-2.1-or-later
#include "validator/schedule/service_hours.h"

#include "base/text_lines.h"
#include "base/trimmed.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>

namespace jpki::schedule {
namespace {

using namespace std::chrono;

constexpr minutes kDay = hours(24);

// Seconds since 1970-01-01 00:00 of the local calendar.
using LocalTime = sys_seconds;

std::optional<int> digits(std::string_view text) {
  int value = 0;
  for (const char c : text) {
    if (c < '0' || c > '9') return std::nullopt;
    value = value * 10 + (c - '0');
  }
  return value;
}

// "08:30" up to "24:00".
std::optional<minutes> parse_clock(std::string_view text) {
  if (text.size() != 5 || text[2] != ':') return std::nullopt;
  const auto hour = digits(text.substr(0, 2));
  const auto minute = digits(text.substr(3));
  if (!hour || !minute || *minute > 59) return std::nullopt;
  const minutes value = hours(*hour) + minutes(*minute);
  if (value > kDay) return std::nullopt;
  return value;
}

std::optional<sys_days> parse_date(std::string_view text) {
  if (text.size() != 10 || text[4] != '-' || text[7] != '-') return std::nullopt;
  const auto y = digits(text.substr(0, 4));
  const auto m = digits(text.substr(5, 2));
  const auto d = digits(text.substr(8));
  if (!y || !m || !d) return std::nullopt;
  const year_month_day date{year(*y), month(static_cast<unsigned>(*m)), day(static_cast<unsigned>(*d))};
  if (!date.ok()) return std::nullopt;
  return sys_days(date);
}

// What opens on the local date `date`, as local times.
std::vector<std::pair<LocalTime, LocalTime>> openings(const ServiceHours& service, sys_days date) {
  const bool weekday_served = service.weekdays.empty() ||
                              std::ranges::find(service.weekdays, weekday(date)) != service.weekdays.end();
  if (!weekday_served || service.closed.contains(date)) return {};
  if (service.hours.empty()) return {{date, date + kDay}};
  std::vector<std::pair<LocalTime, LocalTime>> found;
  for (const OpenInterval& interval : service.hours) {
    const minutes length =
        interval.close - interval.open + (interval.close <= interval.open ? kDay : minutes(0));
    found.emplace_back(date + interval.open, date + interval.open + length);
  }
  return found;
}

LocalTime local(const TimeZone& zone, Time when) {
  return when + zone.offset_at(when);
}

}  // namespace

Expected<OpenInterval, std::string> parse_interval(std::string_view text) {
  const auto dash = text.find('-');
  if (dash != std::string_view::npos) {
    const auto open = parse_clock(text.substr(0, dash));
    const auto close = parse_clock(text.substr(dash + 1));
    if (open && close && *open < kDay) return OpenInterval{*open, *close};
  }
  return Unexpected{fmt::format("\"{}\", which is not an interval of hours, like \"08:30-17:15\"", text)};
}

std::optional<weekday> weekday_from(std::string_view name) {
  static constexpr std::array<std::string_view, 7> kNames = {"sun", "mon", "tue", "wed", "thu", "fri", "sat"};
  const auto found = std::ranges::find(kNames, name);
  if (found == kNames.end()) return std::nullopt;
  return weekday(static_cast<unsigned>(found - kNames.begin()));
}

Expected<std::set<sys_days>, std::string> parse_holidays(std::string_view text, const std::string& file) {
  std::set<sys_days> days;
  for (std::size_t number = 1; !text.empty(); ++number) {
    const std::string_view whole = take_line(text);
    const std::string_view line = trimmed(whole.substr(0, whole.find('#')));
    if (line.empty()) continue;
    const auto date = parse_date(line);
    if (!date)
      return Unexpected{fmt::format("{}:{}: is not a date; write YYYY-MM-DD, one per line", file, number)};
    days.insert(*date);
    if (days.size() > kMaxHolidays)
      return Unexpected{fmt::format("{}:{}: more than {} dates", file, number, kMaxHolidays)};
  }
  return days;
}

bool is_open(const ServiceHours& service, Time when) {
  const LocalTime now = local(service.zone, when);
  const sys_days today = floor<days>(now);
  for (const sys_days date : {today - days(1), today})
    for (const auto& [open, close] : openings(service, date))
      if (open <= now && now < close) return true;
  return false;
}

std::optional<Time> next_change(const ServiceHours& service, Time when) {
  constexpr days kHorizon{14};
  const bool open_now = is_open(service, when);
  const sys_days today = floor<days>(local(service.zone, when));
  std::vector<Time> candidates;
  for (sys_days date = today - days(1); date <= today + kHorizon; date += days(1)) {
    for (const auto& [open, close] : openings(service, date))
      for (const LocalTime boundary : {open, close})
        candidates.push_back(boundary - service.zone.offset_at(boundary - service.zone.offset_at(when)));
  }
  std::ranges::sort(candidates);
  for (const Time candidate : candidates)
    if (candidate > when && candidate <= when + kHorizon && is_open(service, candidate) != open_now)
      return candidate;
  return std::nullopt;
}

std::string local_text(const TimeZone& zone, Time when) {
  const seconds offset = zone.offset_at(when);
  const LocalTime shown = when + offset;
  const year_month_day date(floor<days>(shown));
  const hh_mm_ss clock(shown - floor<days>(shown));
  const hh_mm_ss east(abs(offset));
  return fmt::format("{:04}-{:02}-{:02} {:02}:{:02} {}{:02}{:02}", static_cast<int>(date.year()),
                     static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                     clock.hours().count(), clock.minutes().count(), offset < seconds(0) ? '-' : '+',
                     east.hours().count(), east.minutes().count());
}

}  // namespace jpki::schedule
