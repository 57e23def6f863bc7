// SPDX-License-Identifier: LGPL-2.1-or-later
#include "tests/unit/support/expect.h"
#include "validator/schedule/plan.h"

#include <functional>

#include <fmt/format.h>

namespace {

using namespace jpki;
using namespace jpki::schedule;
using namespace std::chrono;
using test::expect_contains;
using test::expect_text;

// Local time in Japan.
Time japan(int y, unsigned m, unsigned d, int hour, int minute, int second = 0) {
  return sys_days(year(y) / static_cast<int>(m) / static_cast<int>(d)) + hours(hour - 9) + minutes(minute) +
         seconds(second);
}

OpenInterval interval(std::string_view text) {
  const auto parsed = parse_interval(text);
  ck_assert_msg(parsed.has_value(), "%s", parsed ? "" : parsed.error().c_str());
  return *parsed;
}

// 2026-11-20 is a Friday.
ServiceHours platform() {
  ServiceHours service;
  service.hours = {interval("08:30-17:15")};
  service.weekdays = {Monday, Tuesday, Wednesday, Thursday, Friday};
  service.closed = {year(2026) / 11 / 23};  // a Monday
  return service;
}

START_TEST(hours_begin_and_end_at_the_second) {
  const ServiceHours service = platform();
  ck_assert(!is_open(service, japan(2026, 11, 20, 8, 29, 59)));
  ck_assert(is_open(service, japan(2026, 11, 20, 8, 30, 0)));
  ck_assert(is_open(service, japan(2026, 11, 20, 17, 14, 59)));
  ck_assert(!is_open(service, japan(2026, 11, 20, 17, 15, 0)));
}
END_TEST

START_TEST(weekdays_and_holidays_are_local_dates) {
  const ServiceHours service = platform();
  ck_assert(!is_open(service, japan(2026, 11, 21, 12, 0)));
  ck_assert(!is_open(service, japan(2026, 11, 22, 12, 0)));
  ck_assert(!is_open(service, japan(2026, 11, 23, 12, 0)));
  ck_assert(is_open(service, japan(2026, 11, 24, 12, 0)));
  // 08:30 in Japan is still yesterday in UTC: the weekday must be Japan's.
  ck_assert(is_open(service, japan(2026, 11, 24, 8, 30)));
  ServiceHours all_monday;
  all_monday.weekdays = {Monday};
  ck_assert(!is_open(all_monday, japan(2026, 11, 22, 23, 59, 59)));
  ck_assert(is_open(all_monday, japan(2026, 11, 23, 0, 0, 0)));
  ck_assert(is_open(all_monday, japan(2026, 11, 23, 23, 59, 59)));
  ck_assert(!is_open(all_monday, japan(2026, 11, 24, 0, 0, 0)));
}
END_TEST

START_TEST(a_night_belongs_to_the_day_it_begins) {
  ServiceHours night;
  night.hours = {interval("22:00-06:00")};
  night.weekdays = {Friday};
  ck_assert(!is_open(night, japan(2026, 11, 20, 5, 0)));
  ck_assert(!is_open(night, japan(2026, 11, 20, 21, 59, 59)));
  ck_assert(is_open(night, japan(2026, 11, 20, 22, 0, 0)));
  ck_assert(is_open(night, japan(2026, 11, 21, 5, 59, 59)));
  ck_assert(!is_open(night, japan(2026, 11, 21, 6, 0, 0)));
  ck_assert(!is_open(night, japan(2026, 11, 21, 23, 0)));
  night.closed = {year(2026) / 11 / 21};
  ck_assert(is_open(night, japan(2026, 11, 21, 3, 0)));
  night.closed = {year(2026) / 11 / 20};
  ck_assert(!is_open(night, japan(2026, 11, 21, 3, 0)));
}
END_TEST

START_TEST(the_ends_of_a_day) {
  ServiceHours service;
  ck_assert(is_open(service, japan(2026, 11, 20, 3, 0)));
  ck_assert(!next_change(service, japan(2026, 11, 20, 3, 0)).has_value());
  service.hours = {interval("00:00-24:00")};
  ck_assert(is_open(service, japan(2026, 11, 20, 0, 0)));
  ck_assert(is_open(service, japan(2026, 11, 20, 23, 59, 59)));
  ck_assert(!next_change(service, japan(2026, 11, 20, 3, 0)).has_value());
  service.hours = {interval("09:00-09:00")};
  ck_assert(is_open(service, japan(2026, 11, 20, 8, 59, 59)));
  service.hours = {interval("09:00-12:00"), interval("13:00-24:00")};
  ck_assert(!is_open(service, japan(2026, 11, 20, 12, 0)));
  ck_assert(is_open(service, japan(2026, 11, 20, 13, 0)));
  ck_assert(!is_open(service, japan(2026, 11, 21, 0, 0)));
}
END_TEST

START_TEST(the_next_change_skips_what_changes_nothing) {
  const ServiceHours service = platform();
  ck_assert(next_change(service, japan(2026, 11, 20, 12, 0)) == japan(2026, 11, 20, 17, 15));
  ck_assert(next_change(service, japan(2026, 11, 20, 17, 15)) == japan(2026, 11, 24, 8, 30));
  ServiceHours overlapping;
  overlapping.hours = {interval("08:00-12:00"), interval("10:00-18:00")};
  ck_assert(next_change(overlapping, japan(2026, 11, 20, 9, 0)) == japan(2026, 11, 20, 18, 0));
  ServiceHours never;
  never.weekdays = {Monday};
  for (int day = 1; day <= 30; ++day) never.closed.insert(sys_days(year(2026) / 11 / day));
  ck_assert(!next_change(never, japan(2026, 11, 2, 0, 0)).has_value());
}
END_TEST

START_TEST(the_next_change_is_within_fourteen_days) {
  ServiceHours closed = platform();
  for (int day = 1; day <= 30; ++day) closed.closed.insert(sys_days(year(2026) / 11 / day));
  const Time opens = japan(2026, 12, 1, 8, 30);
  ck_assert(next_change(closed, opens - days(14)) == opens);
  ck_assert(!next_change(closed, opens - days(14) - seconds(1)).has_value());
}
END_TEST

START_TEST(sources_have_three_names) {
  const std::pair<const char*, SourceType> names[] = {
      {"ocsp", SourceType::kOcsp}, {"crl", SourceType::kCrl}, {"cvs", SourceType::kCvs}};
  for (const auto& [name, type] : names) {
    ck_assert(source_type_from(name) == type && name_of(type) == name);
    ck_assert(needs_network(type) == (type != SourceType::kCrl));
  }
  for (const char* name : {"", "OCSP", "crls", "cr"}) ck_assert(!source_type_from(name).has_value());
}
END_TEST

START_TEST(the_plan_tells_why_a_source_is_not_asked) {
  std::vector<SourceRule> rules(4);
  rules[0].name = "platform";
  rules[0].type = SourceType::kOcsp;
  rules[0].hours = platform();
  rules[1].name = "internet";
  rules[1].type = SourceType::kOcsp;
  rules[1].segment = "lgwan";
  rules[2].name = "crl";
  rules[3].name = "never";
  for (int day = 1; day <= 30; ++day) rules[3].hours.closed.insert(sys_days(year(2026) / 11 / day));
  const auto noon = plan(rules, "mynumber", japan(2026, 11, 20, 12, 0));
  ck_assert_uint_eq(noon.size(), 4);
  ck_assert(noon[0].asked && noon[0].rule == &rules[0] && noon[0].why_not.empty());
  ck_assert(!noon[1].asked && noon[2].asked && needs_network(noon));
  expect_contains(noon[1].why_not, "only for segment lgwan; this terminal ");
  const auto night = plan(rules, "lgwan", japan(2026, 11, 20, 17, 15));
  expect_text(night[0].why_not, "closed until 2026-11-24 08:30 +0900");
  ck_assert(night[1].asked && needs_network(night));
  ck_assert(!needs_network(plan(rules, "", japan(2026, 11, 20, 17, 15))));
  expect_text(plan(rules, "", japan(2026, 11, 10, 0, 0))[3].why_not, "closed, and not open within 14 days");
}
END_TEST

// --- time zones -------------------------------------------------------------------------------------------
std::string big_endian(std::uint64_t value, int width) {
  std::string out;
  for (int i = width; i-- > 0;) out.push_back(static_cast<char>(value >> (8 * i)));
  return out;
}

struct Zone {
  char version = '2';
  std::vector<std::pair<std::int64_t, std::uint8_t>> transitions;
  std::vector<std::int32_t> types{0};
  std::uint32_t leap_seconds = 0;
  std::size_t characters = 4;
  std::uint32_t standard = 0;  // how many indicators
  std::uint32_t ut = 0;
  bool old_block = false;  // is that of version 1 full, as of "fat" files?
  std::string footer = "\nUTC0\n";

  std::string header(bool counted) const {
    std::string out = std::string("TZif") + version + std::string(15, '\0');
    const auto n = [&](std::size_t count) { return big_endian(counted ? count : 0, 4); };
    return out + n(ut) + n(standard) + n(leap_seconds) + n(transitions.size()) + n(types.size()) +
           n(characters);
  }
  std::string block(int width) const {
    std::string out;
    for (const auto& [at, type] : transitions) out += big_endian(static_cast<std::uint64_t>(at), width);
    for (const auto& [at, type] : transitions) out.push_back(static_cast<char>(type));
    for (const std::int32_t offset : types)
      out += big_endian(static_cast<std::uint32_t>(offset), 4) + std::string(2, '\0');
    return out + std::string(characters, '\0') +
           std::string(leap_seconds * (static_cast<std::size_t>(width) + 4), '\0') +
           std::string(standard, '\0') + std::string(ut, '\0');
  }
  std::string bytes() const {
    return header(old_block) + (old_block ? block(4) : "") + header(true) + block(8) + footer;
  }
  Expected<TimeZone, std::string> decode() const { return TimeZone::decode("Test/Zone", as_bytes(bytes())); }
};

START_TEST(what_is_counted_is_bounded) {
  const auto decodes = [](const std::function<void(Zone&)>& change) {
    Zone zone;
    zone.old_block = true;
    change(zone);
    return zone.decode().has_value();
  };
  for (const std::uint32_t more : {0U, 1U}) {
    ck_assert(decodes([&](Zone& zone) { zone.types.resize(256 + more); }) == (more == 0));
    ck_assert(decodes([&](Zone& zone) { zone.standard = 256 + more; }) == (more == 0));
    ck_assert(decodes([&](Zone& zone) { zone.ut = 256 + more; }) == (more == 0));
    ck_assert(decodes([&](Zone& zone) { zone.characters = 4096 + more; }) == (more == 0));
    ck_assert(decodes([&](Zone& zone) {
                for (std::size_t i = 0; i < TimeZone::kMaxTransitions + more; ++i)
                  zone.transitions.emplace_back(i, 0);
              }) == (more == 0));
  }
}
END_TEST

START_TEST(offsets_change_at_the_second) {
  Zone zone;
  zone.types = {3600, 7200, -1800};
  zone.transitions = {{1000, 1}, {2000, 2}};
  zone.footer = "\n<+03>-3\n";
  const auto decoded = zone.decode();
  ck_assert_msg(decoded.has_value(), "%s", decoded ? "" : decoded.error().c_str());
  const auto at = [&](int when) { return decoded->offset_at(Time(seconds(when))).count(); };
  ck_assert_int_eq(at(-5), 3600);
  ck_assert_int_eq(at(999), 3600);
  ck_assert_int_eq(at(1000), 7200);
  ck_assert_int_eq(at(1999), 7200);
  ck_assert_int_eq(at(2000), 3 * 3600);  // after the last transition the footer rules
  expect_text(decoded->name(), "Test/Zone");
}
END_TEST

START_TEST(what_is_not_needed_is_skipped) {
  Zone zone;
  zone.types = {3600, 7200};
  zone.transitions = {{1000, 1}, {1001, 0}};
  zone.footer = "\nA-5\n";
  for (const auto& [standard, ut] : {std::pair{0U, 0U}, {2U, 0U}, {2U, 1U}, {0U, 3U}})
    for (const bool old_block : {true, false}) {
      zone.standard = standard;
      zone.ut = ut;
      zone.old_block = old_block;
      const auto decoded = zone.decode();
      ck_assert_msg(decoded.has_value(), "%s", decoded ? "" : decoded.error().c_str());
      ck_assert_int_eq(decoded->offset_at(Time(seconds(1000))).count(), 7200);
      ck_assert_int_eq(decoded->offset_at(Time(seconds(2000))).count(), 5 * 3600);
    }
}
END_TEST

// The zone is three hours ahead until 17:15 UTC, and the service closes at 17:15 of its clock.
START_TEST(the_next_change_has_the_offset_of_its_own_time) {
  const Time at = sys_days(year(2026) / 11 / 20) + hours(17) + minutes(15);
  Zone zone;
  zone.types = {3 * 3600, 0};
  zone.transitions = {{at.time_since_epoch().count(), 1}};
  ServiceHours service = platform();
  service.zone = *zone.decode();
  ck_assert(next_change(service, at - hours(8)) == at - hours(3));
  ck_assert(next_change(service, at - hours(3)) == sys_days(year(2026) / 11 / 24) + hours(8) + minutes(30));
}
END_TEST

START_TEST(footers) {
  for (const auto& [footer, offset] : {std::pair{"\nJST-9\n", 32400},
                                       {"\n<+0330>-3:30\n", 12600},
                                       {"\nXYZ3:30:15\n", -12615},
                                       {"\nA+1\n", -3600},
                                       {"\nA24:59:59\n", -89999}}) {
    Zone zone;
    zone.footer = footer;
    const auto decoded = zone.decode();
    ck_assert_msg(decoded.has_value(), "%s: %s", footer, decoded ? "" : decoded.error().c_str());
    ck_assert_int_eq(decoded->offset_at(Time(seconds(5))).count(), offset);
  }
}
END_TEST

struct BadZone {
  const char* message;
  void (*spoil)(Zone&);
};
const BadZone kBadZones[] = {
    {"not a zoneinfo file", [](Zone& z) { z.version = '\0'; }},
    {"version 1", [](Zone& z) { z.version = '1'; }},
    {"too large", [](Zone& z) { z.transitions.resize(TimeZone::kMaxTransitions + 1); }},
    {"disorder",
     [](Zone& z) {
       z.transitions = {{5, 0}, {5, 0}};
     }},
    {"disorder",
     [](Zone& z) {
       z.transitions = {{5, 1}};
     }},
    {"no offset", [](Zone& z) { z.types.clear(); }},
    {"impossible offset", [](Zone& z) { z.types = {26 * 3600}; }},
    {"leap seconds", [](Zone& z) { z.leap_seconds = 2; }},
    {"leap seconds", [](Zone& z) { z.old_block = true, z.leap_seconds = 4096; }},
    {"too large", [](Zone& z) { z.leap_seconds = 4097; }},
    {"no rule", [](Zone& z) { z.footer.clear(); }},
    {"no rule", [](Zone& z) { z.footer = "\nUTC0"; }},
    {"no rule", [](Zone& z) { z.footer = "\nUTC0\nX\n"; }},
    {"unknown rule", [](Zone& z) { z.footer = "\n\n"; }},
    {"unknown rule", [](Zone& z) { z.footer = "\nUTC\n"; }},
    {"unknown rule", [](Zone& z) { z.footer = "\n9\n"; }},
    {"unknown rule", [](Zone& z) { z.footer = "\n<+09-9\n"; }},
    {"unknown rule", [](Zone& z) { z.footer = "\nUTC999999999999\n"; }},
    {"unknown rule", [](Zone& z) { z.footer = "\nA--9\n"; }},
    {"unknown rule", [](Zone& z) { z.footer = "\nA25\n"; }},
    {"unknown rule", [](Zone& z) { z.footer = "\nA1:60\n"; }},
    {"unknown rule", [](Zone& z) { z.footer = "\nA1:00:60\n"; }},
    {"daylight saving time", [](Zone& z) { z.footer = "\nCET-1CEST,M3.5.0,M10.5.0/3\n"; }},
};

START_TEST(zones_that_are_refused) {
  Zone zone;
  kBadZones[_i].spoil(zone);
  const auto decoded = zone.decode();
  ck_assert(!decoded.has_value());
  if (zone.version != '\0') expect_contains(decoded.error(), kBadZones[_i].message);
}
END_TEST

START_TEST(a_zone_may_have_changed_often) {
  Zone zone;
  for (std::size_t i = 0; i < TimeZone::kMaxTransitions; ++i)
    zone.transitions.push_back({static_cast<std::int64_t>(i), 0});
  ck_assert(zone.decode().has_value());
}
END_TEST

START_TEST(every_cut_of_a_zone_is_refused) {
  Zone zone;
  zone.transitions = {{1000, 0}};
  const std::string whole = zone.bytes();
  ck_assert(TimeZone::decode("x", as_bytes(whole)).has_value());
  for (std::size_t size = 0; size < whole.size(); ++size)
    ck_assert(!TimeZone::decode("x", as_bytes(whole.substr(0, size))).has_value());
}
END_TEST

START_TEST(the_systems_zones) {
  const auto tokyo = TimeZone::load("Asia/Tokyo");
  ck_assert_msg(tokyo.has_value(), "%s", tokyo ? "" : tokyo.error().c_str());
  const TimeZone built_in;
  for (const int y : {1960, 1999, 2026, 2037, 2038, 2100}) {
    const Time when = sys_days(year(y) / 7 / 1);
    ck_assert_int_eq(tokyo->offset_at(when).count(), 9 * 3600);
    ck_assert_int_eq(built_in.offset_at(when).count(), 9 * 3600);
  }
  ck_assert_int_eq(tokyo->offset_at(sys_days(year(1949) / 7 / 1)).count(),
                   10 * 3600);  // it once had summer time
  ck_assert(TimeZone::load("UTC").has_value());
  ck_assert(!TimeZone::load("Europe/Berlin").has_value());
  for (const char* name : {"", "/etc/passwd", "../x", "Asia/", "Nowhere"})
    ck_assert(!TimeZone::load(name).has_value());
}
END_TEST

// --- what administrators write ----------------------------------------------------------------------------
START_TEST(intervals_that_are_none) {
  for (const char* text :
       {"", "08:30", "08:30 17:15", "8:30-17:15", "08:30-17.15", "08:3x-17:15", "0x:30-17:15", "08:60-17:15",
        "24:00-25:00", "08:30-24:01", "25:00-08:00", "24:00-08:00", "08:30-17:155", "-17:15", "08:30-"})
    ck_assert_msg(!parse_interval(text).has_value(), "%s", text);
  ck_assert(parse_interval("00:59-24:00")->open == minutes(59));
  ck_assert(parse_interval("00:59-24:00")->close == hours(24));
}
END_TEST

START_TEST(weekdays_have_seven_names) {
  const char* names[] = {"sun", "mon", "tue", "wed", "thu", "fri", "sat"};
  for (unsigned day = 0; day < 7; ++day) ck_assert(weekday_from(names[day]) == weekday(day));
  for (const char* name : {"", "Sun", "sunday", "su"}) ck_assert(!weekday_from(name).has_value());
}
END_TEST

START_TEST(holidays_are_one_date_a_line) {
  const auto days = parse_holidays("# 2026\n2026-01-01\r\n\n \t2026-11-23 # Labour\n2028-02-29", "h");
  ck_assert_msg(days.has_value(), "%s", days ? "" : days.error().c_str());
  ck_assert(*days == (std::set<sys_days>{year(2026) / 1 / 1, year(2026) / 11 / 23, year(2028) / 2 / 29}));
  ck_assert(parse_holidays("", "h")->empty());
  for (const char* line :
       {"2026-1-1", "2026/01-01", "2026-01/01", "20260101", "2026-02-29", "2026-00-01", "2026-01-00",
        "2026-13-01", "x026-01-01", "2026-x1-01", "2026-01-x1", "2026-01-011", "2026-01-01 2026-01-02"}) {
    const auto wrong = parse_holidays(std::string("2026-01-01\n") + line, "h");
    ck_assert_msg(!wrong.has_value(), "%s", line);
    expect_contains(wrong.error(), "h:2: ");
  }
}
END_TEST

START_TEST(holidays_are_bounded) {
  std::string text;
  sys_days day = year(2000) / 1 / 1;
  for (std::size_t count = 0; count < kMaxHolidays; ++count, day += days(1))
    text += fmt::format("{}\n", local_text(TimeZone(), day - hours(9)).substr(0, 10));
  ck_assert_uint_eq(parse_holidays(text, "h")->size(), kMaxHolidays);
  text += local_text(TimeZone(), day - hours(9)).substr(0, 10);
  const auto many = parse_holidays(text, "h");
  ck_assert(!many.has_value());
  expect_contains(many.error(), "more than ");
}
END_TEST

START_TEST(times_are_shown_with_their_offset) {
  expect_text(local_text(TimeZone(), japan(2026, 1, 2, 3, 4)), "2026-01-02 03:04 +0900");
  Zone west;
  west.footer = "\nXYZ3:30\n";
  expect_text(local_text(*west.decode(), sys_days(year(2026) / 1 / 2)), "2026-01-01 20:30 -0330");
  west.footer = "\nUTC0\n";
  expect_text(local_text(*west.decode(), sys_days(year(2026) / 1 / 2)), "2026-01-02 00:00 +0000");
}
END_TEST

START_TEST(names_of_zones_lead_nowhere_else) {
  const std::string longest(63, 'x');
  for (const std::string& name : {std::string("Nowhere/AZaz09_-+"), longest}) {
    const auto missing = TimeZone::load(name);
    ck_assert(!missing.has_value());
    expect_contains(missing.error(), "is the name right");
  }
  for (const std::string& name :
       {std::string(), std::string("/Asia"), std::string("Asia/"), std::string("/"), std::string("a.b"),
        std::string("a:b"), std::string("a@b"), std::string("a[b"), std::string("a`b"), std::string("a{b"),
        longest + "x"}) {
    const auto wrong = TimeZone::load(name);
    ck_assert(!wrong.has_value());
    expect_contains(wrong.error(), "is not the name of a time zone");
  }
}
END_TEST

Suite* schedule_suite() {
  Suite* suite = suite_create("schedule");
  TCase* tests = tcase_create("schedule");
  tcase_add_test(tests, hours_begin_and_end_at_the_second);
  tcase_add_test(tests, weekdays_and_holidays_are_local_dates);
  tcase_add_test(tests, a_night_belongs_to_the_day_it_begins);
  tcase_add_test(tests, the_ends_of_a_day);
  tcase_add_test(tests, the_next_change_skips_what_changes_nothing);
  tcase_add_test(tests, the_next_change_is_within_fourteen_days);
  tcase_add_test(tests, sources_have_three_names);
  tcase_add_test(tests, the_plan_tells_why_a_source_is_not_asked);
  tcase_add_test(tests, what_is_counted_is_bounded);
  tcase_add_test(tests, offsets_change_at_the_second);
  tcase_add_test(tests, what_is_not_needed_is_skipped);
  tcase_add_test(tests, the_next_change_has_the_offset_of_its_own_time);
  tcase_add_test(tests, footers);
  tcase_add_loop_test(tests, zones_that_are_refused, 0, static_cast<int>(std::size(kBadZones)));
  tcase_add_test(tests, a_zone_may_have_changed_often);
  tcase_add_test(tests, every_cut_of_a_zone_is_refused);
  tcase_add_test(tests, the_systems_zones);
  tcase_add_test(tests, intervals_that_are_none);
  tcase_add_test(tests, weekdays_have_seven_names);
  tcase_add_test(tests, holidays_are_one_date_a_line);
  tcase_add_test(tests, holidays_are_bounded);
  tcase_add_test(tests, times_are_shown_with_their_offset);
  tcase_add_test(tests, names_of_zones_lead_nowhere_else);
  suite_add_tcase(suite, tests);
  return suite;
}

}  // namespace

int main() {
  return jpki::test::run_suite(schedule_suite());
}
