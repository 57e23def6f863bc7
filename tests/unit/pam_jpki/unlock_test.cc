// SPDX-License-Identifier: LGPL-2.1-or-later
//
// The words presence and recent through libpam: they only ever say whether the next module may unlock.
#include "base/verdict.h"
#include "tests/unit/pam_jpki/host.h"

#include <array>

namespace {

using namespace jpki;
using namespace jpki::pam::test;

constexpr std::array<const char*, 2> kWords = {"presence", "recent"};
constexpr char kYes[] = "step 5\noutcome 0 nobody\n";
constexpr char kDeny[] = "auth required pam_deny.so\n";
constexpr char kPermit[] = "auth required pam_permit.so\n";

std::string word(int index, const std::string& options = "") {
  return std::string(kWords.at(static_cast<std::size_t>(index))) + " " + options;
}

START_TEST(yes_leaves_it_to_the_next_module) {
  Host host;
  host.script(kYes);
  host.write_service("auth " + host.entry(word(_i)) + kPermit);
  ck_assert_int_eq(host.authenticate("nobody"), PAM_SUCCESS);
  host.write_service("auth " + host.entry(word(_i)) + kDeny);
  ck_assert_int_eq(host.authenticate("nobody"), PAM_AUTH_ERR);
  host.write_service("auth " + host.entry(word(_i)));
  ck_assert_int_eq(host.authenticate("nobody"), PAM_PERM_DENIED);  // alone it opens nothing
  ck_assert(host.questions().empty() && host.told().empty());
  ck_assert_int_eq(host.record_count("start "), 3);
  ck_assert_int_eq(host.record_count(_i == 0 ? "purpose 2" : "purpose 3"), 3);
  ck_assert(take_log().find(_i == 0 ? "JPKI-000 accepted unlock=presence "
                                    : "JPKI-000 accepted unlock=recent ") != std::string::npos);
}
END_TEST

// No option makes a "no" a "yes", and PAM_IGNORE is a "yes" here.
START_TEST(no_is_an_error_whatever_the_options) {
  constexpr std::pair<const char*, int> kNo[] = {
      {"outcome 524 nobody\n", PAM_AUTH_ERR},    {"outcome 114 nobody\n", PAM_AUTH_ERR},
      {"outcome 103 -\n", PAM_AUTHINFO_UNAVAIL}, {"outcome 402 nobody\n", PAM_AUTHINFO_UNAVAIL},
      {"outcome 501 -\n", PAM_USER_UNKNOWN},     {"die 0\n", PAM_AUTHINFO_UNAVAIL}};
  Host host;
  host.write_service("auth " + host.entry(word(_i, "ignore_authinfo_unavail ignore_unknown_user")) + kPermit);
  for (const auto& [script, code] : kNo) {
    host.script(script);
    ck_assert_msg(host.authenticate("nobody") == code, "%s", script);
  }
  ck_assert(host.heard("[JPKI-524]") && host.heard("[JPKI-103]") && host.questions().empty());
}
END_TEST

START_TEST(a_validator_that_asks_gets_no_answer) {
  Host host;
  host.answers = {"1234"};
  host.use(word(_i));
  for (const char* script : {"ask nobody 4 4 1 3 3\nverify 1234 2\noutcome 0 nobody\n", "outcome 0 daemon\n",
                             "outcome 0 -\n", "forge-nonce\noutcome 0 nobody\n"}) {
    host.script(script);
    ck_assert_msg(host.authenticate("nobody") != PAM_SUCCESS, "%s", script);
    host.write_service("auth " + host.entry(word(_i)) + kPermit);
    ck_assert_msg(host.authenticate("nobody") != PAM_SUCCESS, "%s", script);
  }
  ck_assert(host.questions().empty());
}
END_TEST

START_TEST(nobody_named_is_nobody_locked_out) {
  Host host;
  host.script(kYes);
  host.write_service("auth " + host.entry(word(_i)) + kPermit);
  ck_assert_int_eq(host.authenticate(nullptr), PAM_AUTH_ERR);
  ck_assert(host.heard("[JPKI-522]") && host.record_count("start ") == 0);
}
END_TEST

// Nobody is asked, so nobody has to be there.
START_TEST(what_the_validator_is_told) {
  Host host;
  host.script(kYes);
  host.write_service("auth " + host.entry(word(_i, "screen=nobody same_card")) + kPermit);
  ck_assert_int_eq(host.authenticate("nobody"), PAM_SUCCESS);
  ck_assert(host.record().find(" choices_shown=0 same_card=0 tickets_kept=0\n") != std::string::npos);
}
END_TEST

START_TEST(a_yes_is_for_who_was_named) {
  Host host;
  host.script("step 4\n" + std::string(kYes));
  host.write_service("auth " + host.entry(word(_i)) + kPermit);
  host.at_message = [&] { ::pam_set_item(host.handle(), PAM_USER, "daemon"); };
  ck_assert_int_eq(host.authenticate("nobody"), PAM_AUTH_ERR);
  ck_assert(host.heard("[JPKI-503]"));
}
END_TEST

START_TEST(it_is_no_login) {
  Host host;
  host.script(kYes);
  const std::string entry = host.entry(word(_i));
  host.write_service("auth " + entry + kPermit + "session " + entry + "session required pam_permit.so\n");
  host.start("nobody");
  ck_assert_int_eq(::pam_authenticate(host.handle(), 0), PAM_SUCCESS);
  ck_assert_int_eq(::pam_setcred(host.handle(), PAM_ESTABLISH_CRED), PAM_SUCCESS);
  ck_assert_int_eq(::pam_open_session(host.handle(), 0), PAM_SESSION_ERR);
  host.end(PAM_SUCCESS);
}
END_TEST

START_TEST(a_login_still_needs_its_pin) {
  Host host;
  host.script(kYes);
  host.use("");
  ck_assert_int_eq(host.authenticate("nobody"), PAM_AUTHINFO_UNAVAIL);
  ck_assert(host.heard("[JPKI-604]") && host.record_count("purpose 1") == 1);
}
END_TEST

Suite* suite() {
  Suite* suite = suite_create("pam unlock");
  TCase* tests = tcase_create("pam unlock");
  const int words = static_cast<int>(kWords.size());
  tcase_add_loop_test(tests, yes_leaves_it_to_the_next_module, 0, words);
  tcase_add_loop_test(tests, no_is_an_error_whatever_the_options, 0, words);
  tcase_add_loop_test(tests, a_validator_that_asks_gets_no_answer, 0, words);
  tcase_add_loop_test(tests, nobody_named_is_nobody_locked_out, 0, words);
  tcase_add_loop_test(tests, what_the_validator_is_told, 0, words);
  tcase_add_loop_test(tests, a_yes_is_for_who_was_named, 0, words);
  tcase_add_loop_test(tests, it_is_no_login, 0, words);
  tcase_add_test(tests, a_login_still_needs_its_pin);
  suite_add_tcase(suite, tests);
  return suite;
}

}  // namespace

int main() {
  return jpki::test::run_suite(suite());
}
