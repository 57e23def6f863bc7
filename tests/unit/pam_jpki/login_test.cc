// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Logins through libpam: what the person is asked, what goes to the validator, which code comes back. The
// account `nobody` exists everywhere with a uid above 1000, `daemon` with one below.
#include "base/verdict.h"
#include "pam_jpki/verdict_to_pam.h"
#include "tests/unit/pam_jpki/host.h"
#include "tests/unit/pam_jpki/japanese.h"
#include "tests/unit/pam_jpki/text.h"

namespace {

using namespace jpki;
using jpki::pam::check_text;
using namespace jpki::pam::test;

constexpr char kGood[] =
    "log 4 looking\nstep 1\nstep 5\nask nobody 4 4 1 3 3\nstep 10\nverify 1234 2\nstep 11\noutcome 0 "
    "nobody\n";
constexpr char kLastTry[] = "ask nobody 4 4 1 1 3\nverify 1234 0\noutcome 0 nobody\n";

// A card with `tries` of 3 left that belongs to nobody.
std::string card(const std::string& tries) {
  return "ask nobody 4 4 1 " + tries + " 3\nverify 1234 2\noutcome 0 nobody\n";
}

void check_no_vocal_secret(const Host& host, const std::string& secret) {
  ck_assert(host.told().find(secret) == std::string::npos);
}

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

START_TEST(a_correct_pin_logs_in) {
  Host host;
  host.use("");
  host.script(kGood);
  host.answers = {"1234"};
  ck_assert_int_eq(host.authenticate("nobody"), PAM_SUCCESS);
  ck_assert_uint_eq(host.questions().size(), 1);
  check_text(host.questions()[0], "MyNumber card PIN (4 digits, 3 tries left): ");
  check_text(host.told(), "");
  ck_assert(contains(host.record(), "pin 1234 confirmed=0"));
  ck_assert(contains(host.record(), "start service=jpki-test user=nobody"));
  const std::string log = take_log();
  ck_assert_msg(contains(log,
                         "JPKI-000 accepted service=jpki-test account=nobody certificate=c0ffee tries_left=3 "
                         "steps_ms=\"configuring:"),
                "%s", log.c_str());
  ck_assert(contains(log, "<6> pam_jpki") && contains(log, ": looking"));
  ck_assert(!contains(log, "1234"));
}
END_TEST

START_TEST(full_width_digits_are_digits) {
  Host host;
  host.use("");
  host.script(kGood);
  host.answers = {"１２３４"};
  ck_assert_int_eq(host.authenticate("nobody"), PAM_SUCCESS);
}
END_TEST

START_TEST(a_wrong_pin_tells_the_tries_left) {
  Host host;
  host.use("");
  host.script(kGood);
  host.answers = {"9999"};
  ck_assert_int_eq(host.authenticate("nobody"), PAM_AUTH_ERR);
  ck_assert_uint_eq(host.questions().size(), 1);
  ck_assert(host.heard("2 tries left") && host.heard("[JPKI-201]"));
  check_no_vocal_secret(host, "9999");
  const std::string log = take_log();
  ck_assert(contains(log, "<5> pam_jpki") && contains(log, "JPKI-201 pin-incorrect") &&
            contains(log, "tries_left=2"));
  ck_assert(!contains(log, "9999"));
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
  ck_assert_int_eq(host.record_count("cancel"), 1);
  ck_assert(host.heard("Nothing was sent to the card") && host.heard("[JPKI-203]"));
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
  ck_assert(contains(host.record(), "pin 1234 confirmed=1"));
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

// The verdict comes before any PIN question, as for a card that is no good.
START_TEST(every_verdict_ends_as_it_must) {
  const Verdict verdict = all_verdicts()[static_cast<std::size_t>(_i)];
  if (verdict == Verdict::kAccepted) return;  // accepted_without_a_pin_is_no_login
  Host host;
  host.use("");
  host.script("outcome " + std::to_string(static_cast<int>(verdict)) + " -\n");
  const int code = host.authenticate("nobody");
  ck_assert_msg(code == jpki::pam::to_pam(verdict), "%s: %d", code_of(verdict).c_str(), code);
  ck_assert_uint_eq(host.questions().size(), 0);
  ck_assert(host.told().ends_with("[" + code_of(verdict) + "]\n"));
  ck_assert(
      contains(take_log(), code_of(verdict) + " " + std::string(name_of(verdict)) + " service=jpki-test"));
}
END_TEST

START_TEST(japanese_is_spoken_on_request) {
  const jpki::pam::JapaneseLocale locale;
  Host host;
  host.use("lang=ja");
  host.script(kGood);
  host.answers = {"9999"};
  ck_assert_int_eq(host.authenticate("nobody"), PAM_AUTH_ERR);
  check_text(host.questions()[0], "暗証番号（利用者証明用、数字4桁、残り3回）: ");
  ck_assert(host.heard("暗証番号が違います。残り2回です。") && host.heard("[JPKI-201]"));
}
END_TEST

START_TEST(without_the_locale_english_and_a_warning) {
  ::setenv("LOCPATH", "/nonexistent", 1);
  Host host;
  host.use("lang=ja");
  host.script(kGood);
  host.answers = {"1234"};
  ck_assert_int_eq(host.authenticate("nobody"), PAM_SUCCESS);
  ck_assert(host.questions()[0].starts_with("MyNumber card PIN"));
  ck_assert(contains(take_log(), "locale-gen ja_JP.UTF-8"));
}
END_TEST

START_TEST(silence_asks_but_tells_nothing) {
  Host host;
  host.use(_i == 0 ? "quiet" : "");
  host.script("step 4\n" + std::string(kGood));
  host.answers = {"12", "9999"};
  ck_assert_int_eq(host.authenticate("nobody", _i == 0 ? 0 : PAM_SILENT), PAM_AUTH_ERR);
  ck_assert_uint_eq(host.questions().size(), 2);
  check_text(host.told(), "");
}
END_TEST

START_TEST(an_absent_card_is_asked_for_once) {
  Host host;
  host.use("wait_for_card=20");
  host.script("step 4\nstep 3\nstep 4\n" + std::string(kGood));
  host.answers = {"1234"};
  ck_assert_int_eq(host.authenticate("nobody"), PAM_SUCCESS);
  check_text(host.told(), "Please put your card on the reader.\n");
  ck_assert(contains(host.record(), " wait=20000 "));
}
END_TEST

START_TEST(the_card_says_who) {
  Host host;
  host.use("");
  host.script(kGood);
  host.answers = {"1234"};
  ck_assert_int_eq(host.authenticate(_i == 0 ? nullptr : ""), PAM_SUCCESS);
  check_text(host.user(), "nobody");
  ck_assert_uint_eq(host.questions().size(), 1);
}
END_TEST

START_TEST(a_refused_card_names_nobody) {
  Host host;
  host.use("");
  host.script(kGood);
  host.answers = {"9999"};
  ck_assert_int_eq(host.authenticate(nullptr), PAM_AUTH_ERR);
  check_text(host.user(), "");
}
END_TEST

START_TEST(somebody_elses_card_gets_no_prompt) {
  Host host;
  host.use("ignore_unknown_user min_uid=0");
  host.script(kGood);
  host.answers = {"1234"};
  ck_assert_int_eq(host.authenticate("daemon"), PAM_AUTH_ERR);
  ck_assert_uint_eq(host.questions().size(), 0);
  ck_assert_int_eq(host.record_count("cancel"), 1);
  ck_assert(host.heard("[JPKI-503]"));
}
END_TEST

struct UnusableAccount {
  const char* options;
  const char* account;
};
const UnusableAccount kUnusable[] = {
    {"", "daemon"}, {"min_uid=65535", "nobody"}, {"min_uid=0", "hanako-is-not-here"}, {"", "root"}};

START_TEST(an_unusable_account_gets_no_prompt) {
  const auto& [options, account] = kUnusable[_i / 2];
  Host host;
  host.use(options);
  host.script(std::string("ask ") + account + " 4 4 1 3 3\noutcome 0 " + account + "\n");
  host.answers = {"1234"};
  ck_assert_int_eq(host.authenticate(_i % 2 == 0 ? account : nullptr), PAM_USER_UNKNOWN);
  ck_assert_uint_eq(host.questions().size(), 0);
  ck_assert(host.heard("[JPKI-504]"));
}
END_TEST

START_TEST(min_uid_lets_others_in) {
  Host host;
  host.use("min_uid=1");
  host.script("ask daemon 4 4 1 3 3\noutcome 0 daemon\n");
  host.answers = {"1234"};
  ck_assert_int_eq(host.authenticate("daemon"), PAM_SUCCESS);
}
END_TEST

START_TEST(an_overlong_name_is_nobody) {
  Host host;
  host.use("");
  host.script(kGood);
  ck_assert_int_eq(host.authenticate(std::string(10000, 'x').c_str()), PAM_USER_UNKNOWN);
  check_text(host.record(), "");
}
END_TEST

START_TEST(an_unknown_typed_name_is_not_logged) {
  Host host;
  host.use("debug");
  host.script("outcome 103 -\n");
  ck_assert_int_eq(host.authenticate("4711secret"), PAM_AUTHINFO_UNAVAIL);
  const std::string log = take_log();
  ck_assert(contains(log, "account=(unknown)"));
  ck_assert(!contains(log, "4711secret"));
}
END_TEST

// What a validator that lies gets.
const char* const kLies[] = {
    "outcome 0 nobody\n",                                     // accepted without a PIN
    "ask nobody 4 4 1 3 3\nforge-nonce\noutcome 0 nobody\n",  // another login's answer
    "ask nobody 4 4 1 3 3\noutcome 0 daemon\n",               // another account than asked for
    "ask nobody 4 4 1 3 3\noutcome 0 -\n",                    // no account
    "ask nobody 4 4 1 3 3\ngarbage\n",
    "ask nobody 4 4 1 3 3\ndie\n",
    "ask nobody 4 4 1 3 3\nask-again\noutcome 0 nobody\n",
    "ask nobody 4 4 1 3 3\n",  // ends without an outcome
    "forge-nonce\noutcome 103 -\n",
    "say-cancel\noutcome 0 nobody\n",
    "garbage\n",
    "die\n",
    "flood\n",
    "",
};

START_TEST(a_lying_validator_lets_nobody_in) {
  Host host;
  host.use("");
  host.script(kLies[_i]);
  host.answers = {"1234", "1234"};
  ck_assert_int_eq(host.authenticate(nullptr), PAM_AUTHINFO_UNAVAIL);
  ck_assert(host.heard("[JPKI-604]"));
  check_text(host.user(), "");
  ck_assert_uint_le(host.questions().size(), 1);
}
END_TEST

START_TEST(a_missing_validator_is_named) {
  Host host;
  host.write_service("auth required " JPKI_TEST_MODULES "/pam_jpki_alone.so\n");
  ck_assert_int_eq(host.authenticate("nobody"), PAM_AUTHINFO_UNAVAIL);
  ck_assert(host.heard("[JPKI-603]"));
  ck_assert(contains(take_log(), "cannot start /nonexistent/jpki-validator: No such file or directory"));
}
END_TEST

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
}
END_TEST

START_TEST(use_first_pass_without_one_is_no_pin) {
  Host host;
  host.use("use_first_pass");
  host.script(kGood);
  ck_assert_int_eq(host.authenticate("nobody"), PAM_AUTH_ERR);
  ck_assert(host.heard("[JPKI-204]"));
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
      {"1234", "-", {}, 0, 1},               // right, the token does not count
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

START_TEST(unknown_options_do_no_harm) {
  Host host;
  host.use("nonsense timeout=banana");
  host.script(kGood);
  host.answers = {"1234"};
  ck_assert_int_eq(host.authenticate("nobody"), PAM_SUCCESS);
  const std::string log = take_log();
  ck_assert(contains(log, "unknown option \"nonsense\"") && contains(log, "timeout= needs"));
  ck_assert(contains(host.record(), " timeout=29") || contains(host.record(), " timeout=30000"));
}
END_TEST

START_TEST(a_relative_config_file_lets_nobody_in) {
  Host host;
  host.write_service("auth required " JPKI_TEST_MODULES "/pam_jpki_fake.so config_file=jpki.toml\n");
  host.script(kGood);
  ck_assert_int_eq(host.authenticate("nobody"), PAM_AUTHINFO_UNAVAIL);
  ck_assert(host.heard("[JPKI-601]"));
  check_text(host.record(), "");
}
END_TEST

START_TEST(debug_lines_are_logged_on_request) {
  for (const bool debug : {false, true}) {
    Host host;
    host.use(debug ? "debug" : "");
    host.script("log 5 deep\\e[31m detail\n" + std::string(kGood));
    host.answers = {"1234"};
    ck_assert_int_eq(host.authenticate("nobody"), PAM_SUCCESS);
    ck_assert(contains(take_log(), "deep?[31m detail") == debug);
    ck_assert(contains(host.record(), debug ? "debug=1" : "debug=0"));
  }
}
END_TEST

// Alone in its stack, a module that is ignored means a refusal (libpam).
START_TEST(ignoring_is_no_success) {
  Host host;
  host.use("ignore_authinfo_unavail ignore_unknown_user");
  host.script(_i == 0 ? "outcome 103 -\n" : "outcome 501 -\n");
  ck_assert_int_eq(host.authenticate("nobody"), PAM_PERM_DENIED);
  check_text(host.told(), "");
  host.write_service("auth " + host.entry("ignore_authinfo_unavail ignore_unknown_user") +
                     "auth required pam_permit.so\n");
  ck_assert_int_eq(host.authenticate("nobody"), PAM_SUCCESS);
}
END_TEST

START_TEST(after_a_login_every_function_succeeds) {
  Host host;
  host.use("");
  host.script(kGood);
  host.answers = {"1234"};
  host.start(nullptr);
  ck_assert_int_eq(::pam_authenticate(host.handle(), 0), PAM_SUCCESS);
  ck_assert_int_eq(::pam_acct_mgmt(host.handle(), 0), PAM_SUCCESS);
  ck_assert_int_eq(::pam_setcred(host.handle(), PAM_ESTABLISH_CRED), PAM_SUCCESS);
  ck_assert_int_eq(::pam_open_session(host.handle(), 0), PAM_SUCCESS);
  ck_assert_int_eq(::pam_close_session(host.handle(), 0), PAM_SUCCESS);
  ck_assert_int_eq(::pam_setcred(host.handle(), PAM_DELETE_CRED), PAM_SUCCESS);
  host.end(PAM_SUCCESS);
  const std::string log = take_log();
  ck_assert(contains(log, "session opened after card login account=nobody"));
  ck_assert(contains(log, "session closed after card login account=nobody"));
}
END_TEST

START_TEST(without_a_login_only_sessions_succeed) {
  Host host;
  host.use("");
  host.start("nobody");
  ck_assert_int_eq(::pam_acct_mgmt(host.handle(), 0), PAM_PERM_DENIED);
  ck_assert_int_eq(::pam_setcred(host.handle(), PAM_ESTABLISH_CRED), PAM_PERM_DENIED);
  ck_assert_int_eq(::pam_open_session(host.handle(), 0), PAM_SUCCESS);
  ck_assert_int_eq(::pam_close_session(host.handle(), 0), PAM_SUCCESS);
  host.end(PAM_SUCCESS);
  check_text(take_log(), "");
}
END_TEST

START_TEST(a_later_failure_ends_the_earlier_login) {
  Host host;
  host.use("");
  host.script(kGood);
  host.answers = {"1234", "9999"};
  host.start("nobody");
  ck_assert_int_eq(::pam_authenticate(host.handle(), 0), PAM_SUCCESS);
  ck_assert_int_eq(::pam_authenticate(host.handle(), 0), PAM_AUTH_ERR);
  ck_assert_int_eq(::pam_acct_mgmt(host.handle(), 0), PAM_PERM_DENIED);
  host.end(PAM_SUCCESS);
}
END_TEST

START_TEST(a_changed_user_is_not_the_one_who_logged_in) {
  Host host;
  host.use("");
  host.script(kGood);
  host.answers = {"1234"};
  host.start("nobody");
  ck_assert_int_eq(::pam_authenticate(host.handle(), 0), PAM_SUCCESS);
  ck_assert_int_eq(::pam_set_item(host.handle(), PAM_USER, "daemon"), PAM_SUCCESS);
  ck_assert_int_eq(::pam_acct_mgmt(host.handle(), 0), PAM_PERM_DENIED);
  host.end(PAM_SUCCESS);
}
END_TEST

START_TEST(the_account_is_checked_again) {
  Host host;
  host.write_service("auth " + host.entry("") + "account " + host.entry("min_uid=65535"));
  host.script(kGood);
  host.answers = {"1234"};
  host.start("nobody");
  ck_assert_int_eq(::pam_authenticate(host.handle(), 0), PAM_SUCCESS);
  ck_assert_int_eq(::pam_acct_mgmt(host.handle(), 0), PAM_USER_UNKNOWN);
  host.end(PAM_SUCCESS);
  ck_assert(host.heard("[JPKI-504]"));
}
END_TEST

START_TEST(a_pin_is_changed_elsewhere) {
  Host host;
  host.use("");
  host.start("nobody");
  ck_assert_int_eq(::pam_chauthtok(host.handle(), 0), PAM_PERM_DENIED);
  host.end(PAM_SUCCESS);
  ck_assert(host.heard("cannot be changed here"));
}
END_TEST

Suite* suite() {
  Suite* suite = suite_create("pam_jpki login");
  TCase* tests = tcase_create("login");
  tcase_set_timeout(tests, 30);
  tcase_add_test(tests, a_correct_pin_logs_in);
  tcase_add_test(tests, full_width_digits_are_digits);
  tcase_add_test(tests, a_wrong_pin_tells_the_tries_left);
  tcase_add_test(tests, the_locking_try_says_locked);
  tcase_add_test(tests, the_form_is_checked_before_the_card);
  tcase_add_test(tests, a_second_typing_may_have_the_form);
  tcase_add_test(tests, an_empty_pin_cancels);
  tcase_add_loop_test(tests, the_last_try_needs_a_yes, 0, 2);
  tcase_add_loop_test(tests, without_a_yes_the_last_try_stays, 0, 4);
  tcase_add_loop_test(tests, every_verdict_ends_as_it_must, 0, static_cast<int>(all_verdicts().size()));
  tcase_add_test(tests, japanese_is_spoken_on_request);
  tcase_add_test(tests, without_the_locale_english_and_a_warning);
  tcase_add_loop_test(tests, silence_asks_but_tells_nothing, 0, 2);
  tcase_add_test(tests, an_absent_card_is_asked_for_once);
  tcase_add_loop_test(tests, the_card_says_who, 0, 2);
  tcase_add_test(tests, a_refused_card_names_nobody);
  tcase_add_test(tests, somebody_elses_card_gets_no_prompt);
  tcase_add_loop_test(tests, an_unusable_account_gets_no_prompt, 0,
                      2 * static_cast<int>(std::size(kUnusable)));
  tcase_add_test(tests, min_uid_lets_others_in);
  tcase_add_test(tests, an_overlong_name_is_nobody);
  tcase_add_test(tests, an_unknown_typed_name_is_not_logged);
  tcase_add_loop_test(tests, a_lying_validator_lets_nobody_in, 0, static_cast<int>(std::size(kLies)));
  tcase_add_test(tests, a_missing_validator_is_named);
  tcase_add_loop_test(tests, use_first_pass_never_prompts, 0, 8);
  tcase_add_test(tests, use_first_pass_without_one_is_no_pin);
  tcase_add_loop_test(tests, try_first_pass_guesses_only_when_it_is_harmless, 0, 8);
  tcase_add_test(tests, try_first_pass_tries_twice_at_most);
  tcase_add_test(tests, nothing_is_left_in_the_items);
  tcase_add_test(tests, unknown_options_do_no_harm);
  tcase_add_test(tests, a_relative_config_file_lets_nobody_in);
  tcase_add_test(tests, debug_lines_are_logged_on_request);
  tcase_add_loop_test(tests, ignoring_is_no_success, 0, 2);
  tcase_add_test(tests, after_a_login_every_function_succeeds);
  tcase_add_test(tests, without_a_login_only_sessions_succeed);
  tcase_add_test(tests, a_later_failure_ends_the_earlier_login);
  tcase_add_test(tests, a_changed_user_is_not_the_one_who_logged_in);
  tcase_add_test(tests, the_account_is_checked_again);
  tcase_add_test(tests, a_pin_is_changed_elsewhere);
  suite_add_tcase(suite, tests);
  return suite;
}

}  // namespace

int main() {
  return jpki::test::run_suite(suite());
}
