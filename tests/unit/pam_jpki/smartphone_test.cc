// SPDX-License-Identifier: LGPL-2.1-or-later
//
// A smartphone's PIN is asked for on the screen, once, of who is named, and for nothing else than that.
#include "tests/unit/pam_jpki/host.h"
#include "tests/unit/pam_jpki/text.h"

#include <chrono>
#include <thread>

namespace {

using jpki::pam::check_text;
using namespace jpki::pam::test;

constexpr char kPrompt[] =
    "A smartphone is on the reader. Its certificate is checked only after its PIN. "
    "PIN of your smartphone (4 digits, 3 tries left): ";

std::string phone(const std::string& tries = "3") {
  return "ask nobody 4 4 1 " + tries + " 3 smartphone\nverify 1234 2\noutcome 0 nobody\n";
}

START_TEST(the_prompt_says_what_lies_there) {
  Host host;
  host.use("");
  host.script(phone());
  host.answers = {"1234"};
  ck_assert_int_eq(host.authenticate("nobody"), PAM_SUCCESS);
  ck_assert_uint_eq(host.questions().size(), 1);
  check_text(host.questions()[0], kPrompt);
}
END_TEST

START_TEST(a_greeter_is_told_as_well) {
  Host host;
  host.use("screen=greeter");
  host.script(phone("1"));
  host.answers = {"yes", "1234"};
  ck_assert_int_eq(host.authenticate("nobody"), PAM_SUCCESS);
  const auto questions = host.questions();
  ck_assert_uint_eq(questions.size(), 3);  // the last one holds the notice of wrong PINs
  for (const std::string& question : {questions[0], questions[1]})
    ck_assert_msg(question.find(" medium=smartphone ") != std::string::npos, "%s", question.c_str());
}
END_TEST

// Not even on the screens on which a card's is.
START_TEST(a_wrong_one_is_not_asked_for_again) {
  Host host;
  host.use("screen=announced");
  host.script(phone());
  host.answers = {"9999", "1234"};
  ck_assert_int_eq(host.authenticate("nobody"), PAM_AUTH_ERR);
  ck_assert_int_eq(host.record_count("pin"), 1);
  ck_assert_int_eq(host.record_count("start"), 1);
}
END_TEST

START_TEST(a_password_that_was_typed_before_is_none) {
  const auto with = [](const char* option, Host& host) {
    host.write_service("auth optional " JPKI_TEST_MODULES "/pam_probe.so authtok=1234\nauth " +
                       host.entry(option));
    host.script(phone());
    host.answers = {"1234"};
    return host.authenticate("nobody");
  };
  Host only;
  ck_assert_int_eq(with("use_first_pass", only), PAM_AUTHINFO_UNAVAIL);
  ck_assert(only.questions().empty() && only.record_count("pin") == 0 && only.heard("[JPKI-206]"));
  Host also;
  ck_assert_int_eq(with("try_first_pass", also), PAM_SUCCESS);
  ck_assert_uint_eq(also.questions().size(), 1);
  ck_assert_int_eq(also.record_count("pin"), 1);
}
END_TEST

// The test's module takes two seconds for long. Nobody could tell whether the same phone still lies there.
START_TEST(what_was_typed_long_ago_is_asked_for_anew) {
  Host host;
  host.use("");
  host.script(phone());
  host.answers = {"1234", "1234"};
  host.at_question = [&] {
    if (host.questions().size() == 1) std::this_thread::sleep_for(std::chrono::milliseconds(2200));
  };
  ck_assert_int_eq(host.authenticate("nobody"), PAM_SUCCESS);
  ck_assert_uint_eq(host.questions().size(), 2);
  ck_assert_int_eq(host.record_count("pin"), 1);
}
END_TEST

struct Told {
  const char* answer;  // of the validator, or null: the PIN is wrong, with one try left
  const char* words;
  const char* code;
};
const Told kTold[] = {
    {nullptr, "then set a new one in the Mynaportal app", "[JPKI-201]"},
    {"303 nobody", "The certificate on your smartphone has expired", "[JPKI-303]"},
    {"401 nobody", "The certificate on your smartphone has been revoked", "[JPKI-401]"},
    {"501 -", "This smartphone is not registered", "[JPKI-501]"},
    {"503 -", "This smartphone does not belong", "[JPKI-503]"},
    {"105 -", "The smartphone was taken off the reader too early", "[JPKI-105]"},
};

// No card and no counter, which could do nothing for it.
START_TEST(what_is_wrong_is_told_of_it) {
  const Told& told = kTold[_i];
  for (const char* options : {"screen=full", "screen=prompt-only"}) {
    Host host;
    host.use(options);
    host.script(std::string("ask nobody 4 4 1 3 3 smartphone\nverify 1234 1\noutcome ") +
                (told.answer != nullptr ? told.answer : "0 nobody") + "\n");
    host.answers = {told.answer != nullptr ? "1234" : "9999"};
    ck_assert_int_ne(host.authenticate("nobody"), PAM_SUCCESS);
    const bool full = std::string_view(options) == "screen=full";
    const std::string seen = full ? host.told() : host.questions().back();
    ck_assert_msg(seen.find(told.code) != std::string::npos, "%s", seen.c_str());
    if (full) ck_assert_msg(seen.find(told.words) != std::string::npos, "%s", seen.c_str());
    ck_assert_msg(seen.find("he card") == std::string::npos && seen.find("counter") == std::string::npos,
                  "%s", seen.c_str());
  }
}
END_TEST

START_TEST(beside_a_login_it_is_called_what_it_is) {
  Host host;
  host.use("");
  host.script("expires-in 5\nask nobody 4 4 1 1 3 smartphone\nverify 1234 2\noutcome 0 nobody\n");
  host.answers = {"yes", "1234"};
  ck_assert_int_eq(host.authenticate("nobody"), PAM_SUCCESS);
  const std::string told = host.told();
  ck_assert_msg(told.find("2 wrong PINs were entered for your smartphone") != std::string::npos, "%s",
                told.c_str());
  ck_assert_msg(told.find("The certificate on your smartphone expires in 5 days") != std::string::npos, "%s",
                told.c_str());
}
END_TEST

// A validator that asks where nobody is named has lost its mind.
START_TEST(nobody_who_is_not_named_is_asked) {
  Host host;
  host.use("");
  host.script(phone());
  host.answers = {"1234"};
  ck_assert_int_eq(host.authenticate(nullptr), PAM_AUTHINFO_UNAVAIL);
  ck_assert(host.questions().empty() && host.record_count("pin") == 0 && host.heard("[JPKI-604]"));
}
END_TEST

Suite* suite() {
  Suite* suite = suite_create("pam_jpki smartphone");
  TCase* tests = tcase_create("smartphone");
  tcase_set_timeout(tests, 30);
  tcase_add_test(tests, the_prompt_says_what_lies_there);
  tcase_add_test(tests, a_greeter_is_told_as_well);
  tcase_add_test(tests, a_wrong_one_is_not_asked_for_again);
  tcase_add_test(tests, a_password_that_was_typed_before_is_none);
  tcase_add_test(tests, what_was_typed_long_ago_is_asked_for_anew);
  tcase_add_test(tests, nobody_who_is_not_named_is_asked);
  tcase_add_loop_test(tests, what_is_wrong_is_told_of_it, 0, std::ssize(kTold));
  tcase_add_test(tests, beside_a_login_it_is_called_what_it_is);
  suite_add_tcase(suite, tests);
  return suite;
}

}  // namespace

int main() {
  return jpki::test::run_suite(suite());
}
