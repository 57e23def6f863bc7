// SPDX-License-Identifier: LGPL-2.1-or-later
//
// A prompt that was open for long: what was true when the person was asked need not be true any more. The
// test's module takes two seconds for long.
#include "tests/unit/pam_jpki/host.h"

#include <chrono>
#include <thread>

namespace {

using namespace jpki::pam::test;

constexpr char kGood[] = "ask nobody 4 4 1 3 3\nverify 1234 2\noutcome 0 nobody\n";

struct Case {
  const char* now;  // what the second validator finds
  const char* answer;
  int code;
  int prompts;
  int pins;
};
const Case kCases[] = {
    {kGood, "1234", PAM_SUCCESS, 1, 1},  // nothing has changed: the PIN is not asked for again
    {"outcome 501 -\n", "1234", PAM_USER_UNKNOWN, 1, 0},                                      // unmapped
    {"outcome 401 -\n", "1234", PAM_CRED_INSUFFICIENT, 1, 0},                                 // revoked
    {"ask daemon 4 4 1 3 3\nverify 1234 2\noutcome 0 daemon\n", "1234", PAM_AUTH_ERR, 1, 0},  // another's
    {"ask nobody 4 4 1 2 3\nverify 1234 1\noutcome 0 nobody\n", "1234", PAM_SUCCESS, 2, 1},  // a try was lost
    {"ask nobody 4 8 1 3 3\nverify 1234 2\noutcome 0 nobody\n", "1234", PAM_SUCCESS, 2, 1},  // another card
    {kGood, "", PAM_AUTH_ERR, 1, 0},  // nothing was typed
};

START_TEST(what_was_checked_long_ago_is_checked_again) {
  const Case& c = kCases[_i];
  Host host;
  host.use("");
  host.script(kGood);
  host.answers = {c.answer, "1234"};
  host.at_question = [&] {
    if (host.questions().size() > 1) return;
    std::this_thread::sleep_for(std::chrono::milliseconds(2200));
    host.script(c.now);
  };
  ck_assert_int_eq(host.authenticate("nobody"), c.code);
  ck_assert_uint_eq(host.questions().size(), static_cast<std::size_t>(c.prompts));
  ck_assert_int_eq(host.record_count("pin"), c.pins);
}
END_TEST

// What was typed is no guess with another module's password, however late it came.
START_TEST(a_late_pin_that_is_wrong_is_wrong) {
  Host host;
  host.write_service("auth optional " JPKI_TEST_MODULES "/pam_probe.so authtok=password\nauth " +
                     host.entry("try_first_pass"));
  host.script(kGood);
  host.answers = {"9999", "1234"};
  host.at_question = [&] {
    if (host.questions().size() == 1) std::this_thread::sleep_for(std::chrono::milliseconds(2200));
  };
  ck_assert_int_eq(host.authenticate("nobody"), PAM_AUTH_ERR);
  ck_assert_uint_eq(host.questions().size(), 1);
  ck_assert_int_eq(host.record_count("pin"), 1);
}
END_TEST

START_TEST(what_was_checked_just_now_is_not) {
  Host host;
  host.use("");
  host.script(kGood);
  host.answers = {"1234"};
  ck_assert_int_eq(host.authenticate("nobody"), PAM_SUCCESS);
  ck_assert_int_eq(host.record_count("start"), 1);
}
END_TEST

Suite* suite() {
  Suite* suite = suite_create("pam_jpki prompt");
  TCase* tests = tcase_create("prompt");
  tcase_set_timeout(tests, 30);
  tcase_add_loop_test(tests, what_was_checked_long_ago_is_checked_again, 0, 7);
  tcase_add_test(tests, a_late_pin_that_is_wrong_is_wrong);
  tcase_add_test(tests, what_was_checked_just_now_is_not);
  suite_add_tcase(suite, tests);
  return suite;
}

}  // namespace

int main() {
  return jpki::test::run_suite(suite());
}
