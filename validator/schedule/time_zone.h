// SPDX-License-Identifier: LGPL-2.1-or-later
//
// TimeZone: a time zone's offset from UTC at any instant (RFC 8536 TZif). GCC 12 has no
// std::chrono::time_zone.
#pragma once

#include "base/bytes.h"
#include "base/expected.h"
#include "base/time.h"

#include <string>
#include <string_view>
#include <vector>

namespace jpki::schedule {

class TimeZone {
 public:
  // Asia/Tokyo, built in: UTC+9, without daylight saving time since 1951. Needs no file.
  TimeZone() = default;

  // `tzif`: the contents of a zoneinfo file, version 2 or later. Refused: leap seconds ("right/" zones), more
  // than kMaxTransitions, and zones that still change to daylight saving time, whose service hours would be
  // ambiguous twice a year.
  static constexpr std::size_t kMaxTransitions = 2000;
  static Expected<TimeZone, std::string> decode(const std::string& name, Bytes tzif);
  // /usr/share/zoneinfo/NAME. The error names the file.
  static Expected<TimeZone, std::string> load(const std::string& name);

  const std::string& name() const { return name_; }
  std::chrono::seconds offset_at(Time when) const;

 private:
  struct Transition {
    Time at;
    std::chrono::seconds offset;  // from `at` on
  };
  std::string name_ = "Asia/Tokyo";
  std::vector<Transition> transitions_;
  std::chrono::seconds first_offset_{std::chrono::hours(9)};  // before the first transition
  std::chrono::seconds last_offset_{std::chrono::hours(9)};   // after the last one: the footer's
};

}  // namespace jpki::schedule
