// SPDX-License-Identifier: LGPL-2.1-or-later
#include "jpkictl/text.h"

#include "jpkictl/json.h"
#include "tests/unit/support/expect.h"

#include <ctime>

namespace {

using namespace jpki;
using namespace jpki::test;
using namespace std::chrono;

Time at(int y, unsigned m, unsigned d, int h = 0, int min = 0, int s = 0) {
  return Time(sys_days(year(y) / month(m) / day(d)) + hours(h) + minutes(min) + seconds(s));
}

void expect_time(const std::string& text, Time expected) {
  const auto time = ctl::parse_time(text);
  ck_assert_msg(time.has_value(), "%s", time ? "" : time.error().c_str());
  ck_assert_msg(*time == expected, "%s is %s", text.c_str(), ctl::time_text(*time).c_str());
}

START_TEST(times_with_an_offset) {
  expect_time("2027-04-01T00:00:00+09:00", at(2027, 3, 31, 15));
  expect_time("2027-04-01T00:00:00Z", at(2027, 4, 1));
  expect_time("2027-04-01t23:59:59z", at(2027, 4, 1, 23, 59, 59));
  expect_time("2027-04-01 08:30+09:00", at(2027, 3, 31, 23, 30));
  expect_time("2028-02-29T00:00:00-01:30", at(2028, 2, 29, 1, 30));
  ck_assert(ctl::parse_time("2027-04-01T00:00:00+09:00", true).has_value());
}
END_TEST

START_TEST(times_of_this_machine) {
  ::setenv("TZ", "Asia/Tokyo", 1);
  ::tzset();
  expect_time("2027-04-01", at(2027, 3, 31, 15));
  expect_time("2027-04-01T08:30", at(2027, 3, 31, 23, 30));
  expect_text(ctl::time_text(at(2027, 3, 31, 15)), "2027-04-01T00:00:00+09:00");
  for (const char* text : {"2027-04-01", "2027-04-01T08:30:00"}) {
    const auto refused = ctl::parse_time(text, true);
    ck_assert(!refused);
    expect_contains(refused.error(), "offset");
  }
  ::setenv("TZ", "America/St_Johns", 1);
  ::tzset();
  expect_text(ctl::time_text(at(2027, 1, 1)), "2026-12-31T20:30:00-03:30");
}
END_TEST

START_TEST(what_others_chose_does_not_steer_the_terminal) {
  static const struct {
    const char* text;
    const char* shown;
  } kRows[] = {
      {"/home/taro/plain file", "/home/taro/plain file"},
      {"\x1b]0;title\x07\x1b[2J", "\\x1b]0;title\\x07\\x1b[2J"},
      {"a\rb\x7f", "a\\x0db\\x7f"},
      {"課税\xc2\xa0台帳", "課税\xc2\xa0台帳"},
      {"\xc2\x9b"
       "31m",
       "\\xc2\\x9b31m"},
      {"x\xe2\x80\xaetxt.exe", "x\\xe2\\x80\\xaetxt.exe"},
      {"\xff\xe3\x81", "\\xff\\xe3\\x81"},
      {"\xc0\x9b\xe0\x80\x9b\xed\xa0\x80", "\\xc0\\x9b\\xe0\\x80\\x9b\\xed\\xa0\\x80"},
      {"\xf0\xa0\xae\x9f", "\xf0\xa0\xae\x9f"},
      {"\xf3\xa0\x80\x81", "\\xf3\\xa0\\x80\\x81"},
  };
  for (const auto& row : kRows) {
    expect_text(ctl::for_terminal(row.text, ctl::Lines::kOne), row.shown);
    expect_text(ctl::for_terminal(row.text, ctl::Lines::kSeveral), row.shown);
  }
  expect_text(ctl::for_terminal("a\nb\tc", ctl::Lines::kOne), "a\\x0ab\\x09c");
  expect_text(ctl::for_terminal("a\nb\tc", ctl::Lines::kSeveral), "a\nb\tc");
  expect_text(ctl::table({{"a", "b"}, {"x\ny", "\x1b"}}), "a       b\nx\\x0ay  \\x1b\n");
  expect_text(ctl::print_json(ctl::Json("\x1b\xc2\x9b\xe2\x80\xae\x7f\xf3\xa0\x80\x81 台帳\n")),
              "\"\\u001b\\u009b\\u202e\\u007f\\udb40\\udc01 台帳\\n\"\n");
}
END_TEST

START_TEST(what_is_no_time) {
  for (const char* text :
       {"", "now", "2027", "2027-4-1", "2027-02-29", "2027-13-01", "2027-04-01T", "2027-04-01T25:00:00Z",
        "2027-04-01T00:60:00Z", "2027-04-01T00:00:60Z", "2027-04-01T00:00:00+9", "2027-04-01T00:00:00+09:00x",
        "2027-04-01T00:00:00 +09:00", "2027-04-01Z", "2027-04-01T00:00:00+24:00"})
    ck_assert_msg(!ctl::parse_time(text), "%s", text);
}
END_TEST

START_TEST(ages) {
  expect_text(ctl::age_text(seconds(90)), "90 s");
  expect_text(ctl::age_text(minutes(2)), "2 min");
  expect_text(ctl::age_text(minutes(119)), "119 min");
  expect_text(ctl::age_text(hours(47)), "47 h");
  expect_text(ctl::age_text(hours(48)), "2 d");
}
END_TEST

START_TEST(tables_are_aligned) {
  expect_text(ctl::table({{"NAME", "STATE"}, {"jpki-auth-g3", "in force"}}),
              "NAME          STATE\njpki-auth-g3  in force\n");
}
END_TEST

Suite* suite() {
  Suite* s = suite_create("jpkictl-text");
  TCase* tc = tcase_create("text");
  for (const auto* test :
       {times_with_an_offset, times_of_this_machine, what_others_chose_does_not_steer_the_terminal,
        what_is_no_time, ages, tables_are_aligned})
    tcase_add_test(tc, test);
  suite_add_tcase(s, tc);
  return s;
}

}  // namespace

int main() {
  return run_suite(suite());
}
