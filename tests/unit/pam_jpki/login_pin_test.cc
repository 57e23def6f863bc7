// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Logins through libpam: the form of what is typed as a PIN, and the yes that the last try needs.
#include "tests/unit/pam_jpki/host.h"
#include "tests/unit/pam_jpki/text.h"

namespace {

using jpki::pam::check_text;
using namespace jpki::pam::test;

constexpr char kGood[] = "ask nobody 4 4 1 3 3\nverify 1234 2\noutcome 0 nobody\n";
constexpr char kLastTry[] = "ask nobody 4 4 1 1 3\nverify 1234 0\noutcome 0 nobody\n";

START_TEST(full_width_digits_are_digits) {
  Host host;
  host.use("");
  host.script(kGood);
  host.answers = {"１２３４"};
  ck_assert_int_eq(host.authenticate("nobody"), PAM_SUCCESS);
}
END_TEST

START_TEST(a_token_that_does_not_count_has_lost_no_try) {
  Host host;
  host.use("");
  host.script("ask nobody 4 4 1 - 3\nverify 1234 -\noutcome 0 nobody\n");
  host.answers = {"1234"};
  ck_assert_int_eq(host.authenticate("nobody"), PAM_SUCCESS);
  check_text(host.told(), "");
}
END_TEST

// What is typed here is no PIN, and goes nowhere.
START_TEST(a_pin_on_the_reader_begins_with_the_person) {
  struct {
    const char* ask;
    std::vector<std::string> answers;
    const char* record;
  } const cases[] = {
      {"ask nobody 4 4 1 3 3 on-reader\n", {"1234"}, "pin  confirmed=0"},
      {"ask nobody 4 4 1 1 3 on-reader\n", {"yes", ""}, "pin  confirmed=1"},
      {"ask nobody 4 4 1 - 3 on-reader may-be-last\n", {"yes", ""}, "pin  confirmed=1"},
  };
  for (const auto& c : cases) {
    Host host;
    host.use("");
    host.script(c.ask + std::string("outcome 0 nobody\n"));
    host.answers = c.answers;
    ck_assert_int_eq(host.authenticate("nobody"), PAM_SUCCESS);
    ck_assert_uint_eq(host.questions().size(), c.answers.size());
    ck_assert_int_eq(host.record_count(c.record), 1);
  }
  Host fails;
  fails.use("");
  fails.script(cases[0].ask + std::string("outcome 0 nobody\n"));
  fails.manner = Manner::kFails;
  ck_assert_int_eq(fails.authenticate("nobody"), PAM_CONV_ERR);
  ck_assert_int_eq(fails.record_count("pin"), 0);
}
END_TEST

START_TEST(what_may_be_the_last_try_needs_a_yes) {
  for (const bool yes : {false, true}) {
    Host host;
    host.use("");
    host.script("ask nobody 4 4 1 - 3 may-be-last\nverify 1234 -\noutcome 0 nobody\n");
    host.answers = {yes ? "yes" : "no", "1234"};
    ck_assert_int_eq(host.authenticate("nobody"), yes ? PAM_SUCCESS : PAM_AUTH_ERR);
    ck_assert_int_eq(host.record_count("pin 1234 confirmed=1"), yes ? 1 : 0);
  }
}
END_TEST

START_TEST(the_locking_try_says_locked) {
  Host host;
  host.use("");
  host.script(kLastTry);
  host.answers = {"yes", "9999"};
  ck_assert_int_eq(host.authenticate("nobody"), PAM_MAXTRIES);
  ck_assert(host.heard("[JPKI-202]"));
}
END_TEST

START_TEST(the_form_is_checked_before_the_card) {
  Host host;
  host.use("");
  host.script(kGood);
  host.answers = {"123", "abcd", "12345"};
  ck_assert_int_eq(host.authenticate("nobody"), PAM_AUTH_ERR);
  ck_assert_uint_eq(host.questions().size(), 3);
  ck_assert_int_eq(host.record_count("pin"), 0);
  ck_assert_int_eq(host.record_count("cancel JPKI-203"), 1);
  ck_assert(host.heard("No try was used up") && host.heard("[JPKI-203]"));
}
END_TEST

START_TEST(a_second_typing_may_have_the_form) {
  Host host;
  host.use("");
  host.script(kGood);
  host.answers = {"123", "1234"};
  ck_assert_int_eq(host.authenticate("nobody"), PAM_SUCCESS);
  ck_assert_int_eq(host.record_count("pin"), 1);
}
END_TEST

START_TEST(an_empty_pin_cancels) {
  Host host;
  host.use("");
  host.script(kGood);
  host.answers = {""};
  ck_assert_int_eq(host.authenticate("nobody"), PAM_AUTH_ERR);
  ck_assert_int_eq(host.record_count("cancel"), 1);
  ck_assert(host.heard("[JPKI-204]"));
}
END_TEST

START_TEST(the_last_try_needs_a_yes) {
  Host host;
  host.use("");
  host.script(kLastTry);
  host.answers = {_i == 0 ? "yes" : "はい", "1234"};
  ck_assert_int_eq(host.authenticate("nobody"), PAM_SUCCESS);
  ck_assert(host.questions()[0].starts_with("Only 1 try is left"));
  check_text(host.questions()[1], "MyNumber card PIN (4 digits, last try): ");
  ck_assert_int_eq(host.record_count("pin 1234 confirmed=1"), 1);
  ck_assert(!host.asked_visibly());  // a PIN may be typed into the question
}
END_TEST

START_TEST(without_a_yes_the_last_try_stays) {
  static const char* const kNo[] = {"", "no", "1234", "y"};
  Host host;
  host.use("");
  host.script(kLastTry);
  host.answers = {kNo[_i], "1234"};
  ck_assert_int_eq(host.authenticate("nobody"), PAM_AUTH_ERR);
  ck_assert_uint_eq(host.questions().size(), 1);
  ck_assert_int_eq(host.record_count("pin"), 0);
  ck_assert(host.heard("[JPKI-205]"));
}
END_TEST

Suite* suite() {
  Suite* suite = suite_create("pam_jpki login pin");
  TCase* tests = tcase_create("pin");
  tcase_set_timeout(tests, 30);
  for (const TTest* test : {full_width_digits_are_digits, a_token_that_does_not_count_has_lost_no_try,
                            a_pin_on_the_reader_begins_with_the_person, what_may_be_the_last_try_needs_a_yes,
                            the_locking_try_says_locked, the_form_is_checked_before_the_card,
                            a_second_typing_may_have_the_form, an_empty_pin_cancels})
    tcase_add_test(tests, test);
  tcase_add_loop_test(tests, the_last_try_needs_a_yes, 0, 2);
  tcase_add_loop_test(tests, without_a_yes_the_last_try_stays, 0, 4);
  suite_add_tcase(suite, tests);
  return suite;
}

}  // namespace

int main() {
  return jpki::test::run_suite(suite());
}
