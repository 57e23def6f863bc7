// SPDX-License-Identifier: LGPL-2.1-or-later
//
// What an earlier module asked for: use_first_pass and try_first_pass, and what stays in the items.
#include "tests/unit/pam_jpki/host.h"

namespace {

using namespace jpki::pam::test;

constexpr char kGood[] = "step 5\nask nobody 4 4 1 3 3\nstep 10\nverify 1234 2\nstep 11\noutcome 0 nobody\n";

// A card with `tries` of 3 left that belongs to nobody.
std::string card(const std::string& tries) {
  return "ask nobody 4 4 1 " + tries + " 3\nverify 1234 2\noutcome 0 nobody\n";
}

START_TEST(use_first_pass_never_prompts) {
  struct Case {
    const char* token;
    const char* tries;
    int code;
    int pins;
  };
  static const Case kCases[] = {
      {"1234", "3", PAM_SUCCESS, 1},  {"1234", "2", PAM_SUCCESS, 1},   {"1234", "-", PAM_SUCCESS, 1},
      {"9999", "3", PAM_AUTH_ERR, 1}, {"passw", "3", PAM_AUTH_ERR, 0}, {"", "3", PAM_AUTH_ERR, 0},
      {"1234", "1", PAM_AUTH_ERR, 0}, {"1234", "0", PAM_MAXTRIES, 0},
  };
  const Case& c = kCases[_i];
  Host host;
  host.write_service("auth optional " JPKI_TEST_MODULES "/pam_probe.so authtok=" + std::string(c.token) +
                     "\nauth " + host.entry("use_first_pass try_first_pass"));
  host.script(card(c.tries));
  host.answers = {"1234", "1234"};
  ck_assert_int_eq(host.authenticate("nobody"), c.code);
  ck_assert_uint_eq(host.questions().size(), 0);
  ck_assert_int_eq(host.record_count("pin"), c.pins);
  ck_assert_int_eq(host.record_count("pin " + std::string(c.token) + " confirmed=0"), c.pins);
}
END_TEST

START_TEST(use_first_pass_without_one_is_no_pin) {
  Host host;
  host.use("use_first_pass");
  host.script(kGood);
  ck_assert_int_eq(host.authenticate("nobody"), PAM_AUTH_ERR);
  ck_assert(host.heard("[JPKI-204]"));
  Host empty;
  empty.write_service("auth optional " JPKI_TEST_MODULES "/pam_probe.so authtok=\nauth " +
                      empty.entry("use_first_pass"));
  empty.script(kGood);
  ck_assert_int_eq(empty.authenticate("nobody"), PAM_AUTH_ERR);
  ck_assert(empty.heard("[JPKI-204]"));
}
END_TEST

START_TEST(try_first_pass_without_one_asks) {
  Host host;
  host.use("try_first_pass");
  host.script(kGood);
  host.answers = {"1234"};
  ck_assert_int_eq(host.authenticate("nobody"), PAM_SUCCESS);
  ck_assert_uint_eq(host.questions().size(), 1);
}
END_TEST

// What was typed, here or on the reader, was no guess: nothing is asked again for it. Nor is a password a PIN
// for the reader, nor one to guess with where it would be the last try.
START_TEST(only_a_guess_is_followed_by_a_question) {
  struct {
    const char* option;
    const char* token;
    const char* ask;
    std::vector<std::string> answers;
    std::size_t questions;
    int code;
    int pins;
  } const cases[] = {
      {"try_first_pass", "password", "3 3", {"9999", "1234"}, 1, PAM_AUTH_ERR, 1},
      {"try_first_pass", "1234", "3 3 on-reader", {"", "1234"}, 1, PAM_AUTH_ERR, 1},
      {"use_first_pass", "1234", "3 3 on-reader", {}, 0, PAM_AUTHINFO_UNAVAIL, 0},
      {"try_first_pass", "1234", "1 1", {"yes", "1234"}, 2, PAM_SUCCESS, 1},
      {"try_first_pass", "1234", "3 3 may-be-last", {"yes", "1234"}, 2, PAM_SUCCESS, 1},
      {"try_first_pass screen=one-answer", "9999", "3 3", {"1234"}, 0, PAM_AUTH_ERR, 1},
  };
  for (const auto& c : cases) {
    Host host;
    host.write_service("auth optional " JPKI_TEST_MODULES "/pam_probe.so authtok=" + std::string(c.token) +
                       "\nauth " + host.entry(c.option));
    host.script("ask nobody 4 4 1 " + std::string(c.ask) + "\nverify 1234 2\noutcome 0 nobody\n");
    host.answers = c.answers;
    ck_assert_msg(host.authenticate("nobody") == c.code, "%s %s", c.token, c.ask);
    ck_assert_msg(host.questions().size() == c.questions, "%s %s", c.token, c.ask);
    ck_assert_msg(host.record_count("pin") == c.pins, "%s %s", c.token, c.ask);
  }
}
END_TEST

START_TEST(try_first_pass_guesses_only_when_it_is_harmless) {
  struct Case {
    const char* token;
    const char* tries;
    std::vector<std::string> answers;
    std::size_t questions;
    int pins;
  };
  static const Case kCases[] = {
      {"1234", "3", {}, 0, 1},               // right
      {"1234", "-", {"1234"}, 1, 1},         // a token that does not count would lose a try each time
      {"１２３４", "3", {}, 0, 1},           // right, full width
      {"password", "3", {"1234"}, 1, 1},     // no PIN
      {"", "3", {"1234"}, 1, 1},             // none
      {"1234", "2", {"1234"}, 1, 1},         // a try was lost already
      {"1234", "1", {"yes", "1234"}, 2, 1},  // the last one is not guessed with
      {"9999", "3", {"1234"}, 1, 2},         // wrong: one more attempt
  };
  const Case& c = kCases[_i];
  Host host;
  host.write_service("auth optional " JPKI_TEST_MODULES "/pam_probe.so authtok=" + std::string(c.token) +
                     "\nauth " + host.entry("try_first_pass") +
                     "auth optional " JPKI_TEST_MODULES "/pam_probe.so show\n");
  host.script(card(c.tries));
  host.answers = c.answers;
  ck_assert_int_eq(host.authenticate("nobody"), PAM_SUCCESS);
  ck_assert_uint_eq(host.questions().size(), c.questions);
  ck_assert_int_eq(host.record_count("pin"), c.pins);
  ck_assert(host.heard("authtok=" + std::string(c.token)));
}
END_TEST

START_TEST(try_first_pass_tries_twice_at_most) {
  Host host;
  host.write_service("auth optional " JPKI_TEST_MODULES "/pam_probe.so authtok=9999\nauth " +
                     host.entry("try_first_pass"));
  host.script(kGood);
  host.answers = {"8888"};
  ck_assert_int_eq(host.authenticate("nobody"), PAM_AUTH_ERR);
  ck_assert_uint_eq(host.questions().size(), 1);
  ck_assert_int_eq(host.record_count("pin"), 2);
}
END_TEST

START_TEST(nothing_is_left_in_the_items) {
  Host host;
  host.write_service("auth " + host.entry("") + "auth optional " JPKI_TEST_MODULES "/pam_probe.so show\n");
  host.script(kGood);
  host.answers = {"1234"};
  ck_assert_int_eq(host.authenticate("nobody"), PAM_SUCCESS);
  ck_assert(host.heard("authtok=(none)"));
}
END_TEST

Suite* suite() {
  Suite* suite = suite_create("pam_jpki first pass");
  TCase* tests = tcase_create("first pass");
  tcase_set_timeout(tests, 30);
  tcase_add_loop_test(tests, use_first_pass_never_prompts, 0, 8);
  tcase_add_test(tests, use_first_pass_without_one_is_no_pin);
  tcase_add_test(tests, try_first_pass_without_one_asks);
  tcase_add_test(tests, only_a_guess_is_followed_by_a_question);
  tcase_add_loop_test(tests, try_first_pass_guesses_only_when_it_is_harmless, 0, 8);
  tcase_add_test(tests, try_first_pass_tries_twice_at_most);
  tcase_add_test(tests, nothing_is_left_in_the_items);
  suite_add_tcase(suite, tests);
  return suite;
}

}  // namespace

int main() {
  return jpki::test::run_suite(suite());
}
