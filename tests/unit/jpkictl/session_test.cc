// SPDX-License-Identifier: LGPL-2.1-or-later
#include "jpkictl/json.h"
#include "jpkictl/session_report.h"
#include "jpkictl/text.h"
#include "tests/unit/support/check_main.h"

namespace {

using namespace jpki;
using namespace jpki::ctl;

SessionRecord record(const std::string& session, const std::string& terminal) {
  SessionRecord record{.session = session,
                       .since = 5,
                       .leader = 1,
                       .user = 2001,
                       .service = "login",
                       .terminal = terminal,
                       .reader = "Virtual \x1b[31mPCD",
                       .certificate = "c0ffee",
                       .login = Time(std::chrono::seconds(1'800'000'000)),
                       .factors = "card+pin"};
  record.key.fill(0xA5);
  record.mark.fill(0x5A);
  return record;
}

bool in_first(const SessionRecord& record) {
  return record.session == "c3";
}

START_TEST(a_line_tells_a_session) {
  const auto report = session_report({record("c3", "tty2"), record("", "pts/1")}, in_first);
  ck_assert_msg(report.text.starts_with("SESSION  UID   SERVICE  SEAT  TERMINAL  LOGIN"), "%s",
                report.text.c_str());
  ck_assert(report.text.find("\nc3       2001  login    -     tty2 ") != std::string::npos);
  ck_assert(report.text.find("  open\n-        2001  login    -     pts/1") != std::string::npos);
  ck_assert(report.text.ends_with("  ended\n"));
  ck_assert(report.text.find('\x1b') == std::string::npos);
}
END_TEST

START_TEST(json_tells_the_same) {
  const auto report = session_report({record("c3", "tty2"), record("", "pts/1")}, in_first);
  const Json json = Json::parse(report.json)["sessions"];
  ck_assert_uint_eq(json.size(), 2);
  ck_assert(json[0]["session"] == "c3" && json[1]["session"].is_null() && json[0]["seat"].is_null());
  ck_assert(json[0]["uid"] == 2001 && json[0]["terminal"] == "tty2" && json[0]["factors"] == "card+pin");
  ck_assert(json[0]["login"] == time_text(Time(std::chrono::seconds(1'800'000'000))));
  ck_assert(json[0]["state"] == "open" && json[1]["state"] == "ended");
}
END_TEST

// The key and the mark would tell who has a certificate at hand whether it is this one.
START_TEST(key_and_mark_are_not_told) {
  const auto report = session_report({record("c3", "tty2")}, in_first);
  for (const char* secret : {"a5a5", "5a5a"})
    ck_assert(report.text.find(secret) == std::string::npos && report.json.find(secret) == std::string::npos);
}
END_TEST

START_TEST(none_is_told) {
  const auto report = session_report({}, in_first);
  ck_assert_str_eq(report.text.c_str(), "No session was opened by card.\n");
  ck_assert(Json::parse(report.json)["sessions"].empty());
}
END_TEST

Suite* suite() {
  Suite* suite = suite_create("jpkictl session");
  TCase* tests = tcase_create("session");
  tcase_add_test(tests, a_line_tells_a_session);
  tcase_add_test(tests, json_tells_the_same);
  tcase_add_test(tests, key_and_mark_are_not_told);
  tcase_add_test(tests, none_is_told);
  suite_add_tcase(suite, tests);
  return suite;
}

}  // namespace

int main() {
  return jpki::test::run_suite(suite());
}
