// SPDX-License-Identifier: LGPL-2.1-or-later
//
// ServiceHours: when a source is open (R7: the local authentication platform closes at night and on holidays).
#pragma once

#include "base/expected.h"
#include "base/time.h"

#include <chrono>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace jpki::schedule {

// From `open` to before `close`, minutes after local midnight; close <= open passes midnight, and the weekday is
// the opening one.
struct OpenInterval {
  std::chrono::minutes open{};
  std::chrono::minutes close{};
};

struct ServiceHours {
  std::vector<OpenInterval> hours;                   // empty: round the clock
  std::vector<std::chrono::weekday> weekdays;        // empty: every day
  std::string time_zone = "Asia/Tokyo";              // IANA name, from the system's zoneinfo
  std::set<std::chrono::sys_days> closed;            // local dates: the holiday file
};

// "08:30-17:15".
Expected<OpenInterval, std::string> parse_interval(std::string_view text);
// One YYYY-MM-DD a line, # comments.
Expected<std::set<std::chrono::sys_days>, std::string> parse_holidays(std::string_view text,
                                                                      const std::string& file);

// A time zone's offset from UTC at any instant (RFC 8536 TZif). GCC 12 has no std::chrono::time_zone.
class TimeZone {
 public:
  // `tzif`: the contents of a zoneinfo file.
  static Expected<TimeZone, std::string> decode(std::string_view tzif);
  static Expected<TimeZone, std::string> load(const std::string& name);  // /usr/share/zoneinfo/NAME
  std::chrono::seconds offset_at(Time when) const;

 private:
  struct Transition {
    Time at;
    std::chrono::seconds offset;
  };
  std::chrono::seconds first_offset_{};
  std::vector<Transition> transitions_;
  std::string rule_;  // the POSIX TZ string of the footer, for instants after the last transition
};

bool is_open(const ServiceHours& hours, const TimeZone& zone, Time when);
// When it changes next: for `jpkictl revocation plan`. Nothing within 14 days: nothing.
std::optional<Time> next_change(const ServiceHours& hours, const TimeZone& zone, Time when);

}  // namespace jpki::schedule
