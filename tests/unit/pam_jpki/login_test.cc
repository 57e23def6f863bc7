// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Logins through libpam: what the person is asked, what goes to the validator, which code comes back. The
// account `nobody` exists everywhere with a uid above 1000, `daemon` with one below.
#include "base/secret.h"
#include "base/verdict.h"
#include "pam_jpki/account.h"
#include "pam_jpki/verdict_to_pam.h"
#include "tests/unit/pam_jpki/host.h"
#include "tests/unit/pam_jpki/japanese.h"
#include "tests/unit/pam_jpki/text.h"

#include <pwd.h>
#include <sys/resource.h>
#include <unistd.h>

namespace {

using namespace jpki;
using jpki::pam::check_text;
using namespace jpki::pam::test;

constexpr char kGood[] =
    "log 4 looking\nstep 1\nstep 5\nask nobody 4 4 1 3 3\nstep 10\nverify 1234 2\nstep 11\noutcome 0 "
    "nobody\n";

void check_no_vocal_secret(const Host& host, const std::string& secret) {
  ck_assert(host.told().find(secret) == std::string::npos);
}

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

// The line of the log with that text, with its priority.
std::string line_with(const std::string& log, const std::string& part) {
  const auto at = log.find(part);
  ck_assert_msg(at != std::string::npos, "%s: %s", part.c_str(), log.c_str());
  const auto begin = log.rfind('\n', at);
  return log.substr(begin == std::string::npos ? 0 : begin + 1, log.find('\n', at) - begin);
}

START_TEST(a_correct_pin_logs_in) {
  // All pages of this process can be locked, or none: who may exceed the limit, may do so for each.
  rlimit lockable{};
  ck_assert_int_eq(::getrlimit(RLIMIT_MEMLOCK, &lockable), 0);
  lockable.rlim_cur = 0;
  ck_assert_int_eq(::setrlimit(RLIMIT_MEMLOCK, &lockable), 0);
  Host host;
  host.use("");
  host.script(kGood);
  host.answers = {"1234"};
  ck_assert_int_eq(host.authenticate("nobody"), PAM_SUCCESS);
  ck_assert_uint_eq(host.questions().size(), 1);
  check_text(host.questions()[0], "MyNumber card PIN (4 digits, 3 tries left): ");
  check_text(host.told(), "");
  ck_assert(contains(host.record(), "pin 1234 confirmed=0"));
  ck_assert(contains(host.record(), "start service=jpki-test user=nobody terminal=pts/test wait=0 "));
  ck_assert(contains(host.record(), " choices_shown=1 same_card=0 tickets_kept=") &&
            contains(host.record(), " tickets_kept=1\n") == (::getuid() == 0));
  const std::string log = take_log();
  ck_assert_msg(
      contains(log, "JPKI-000 accepted service=jpki-test account=nobody certificate=c0ffee tries_left=3"),
      "%s", log.c_str());
  ck_assert(contains(log, ": looking") && line_with(log, "JPKI-000").starts_with("<6> pam_jpki"));
  ck_assert(!contains(log, "1234") && !contains(log, "steps_ms="));
  const auto secret = Secret::copy_of(as_bytes("1234"));
  ck_assert(contains(log, "may be written to swap") == !secret->locked());
  ck_assert(contains(log, "runs as the user") == (::getuid() != 0));  // who asks the system's validator
}
END_TEST

START_TEST(a_wrong_pin_tells_the_tries_left) {
  Host host;
  host.use("");
  host.script(kGood);
  host.answers = {"9999"};
  ck_assert_int_eq(host.authenticate("nobody"), PAM_AUTH_ERR);
  ck_assert_uint_eq(host.questions().size(), 1);
  ck_assert(host.heard("2 more wrong PINs lock it") && host.heard("[JPKI-201]"));
  check_no_vocal_secret(host, "9999");
  const std::string log = take_log();
  const std::string line = line_with(log, "JPKI-201 pin-incorrect");
  ck_assert(line.starts_with("<5> pam_jpki") && contains(line, "tries_left=2"));
  ck_assert(!contains(log, "9999"));
}
END_TEST

START_TEST(what_was_left_before_a_wrong_pin_is_not_said_after_it) {
  Host host;
  host.use("");
  host.script("ask nobody 4 4 1 3 3\nverify 1234 -\noutcome 0 nobody\n");
  host.answers = {"9999"};
  ck_assert_int_eq(host.authenticate("nobody"), PAM_AUTH_ERR);
  ck_assert(host.heard("The PIN is not correct. Please check your PIN") && !host.heard("more wrong PINs"));
  ck_assert(!contains(take_log(), "tries_left="));
}
END_TEST

START_TEST(what_cannot_be_told_is_a_warning) {
  Host host;
  host.use("");
  host.script("outcome 402 nobody\n");
  ck_assert_int_eq(host.authenticate("nobody"), PAM_AUTHINFO_UNAVAIL);
  ck_assert(line_with(take_log(), "JPKI-402").starts_with("<4> pam_jpki"));
}
END_TEST

// The validator said how it ends while the person typed: no PIN is sent to it.
START_TEST(a_pin_is_not_sent_to_who_has_spoken) {
  Host host;
  host.use("");
  host.script("ask-and-end 105\n");
  host.answers = {"1234"};
  host.at_question = [&] {
    while (host.record_count("spoken") == 0) ::usleep(1000);
  };
  ck_assert_int_eq(host.authenticate("nobody"), PAM_AUTHINFO_UNAVAIL);
  ck_assert(host.heard("[JPKI-105]"));
  ck_assert_int_eq(host.record_count("pin"), 0);
}
END_TEST

// Here there is no session that a card opened; who cannot see that leaves it to jpki-relay.
START_TEST(only_where_a_card_opened_a_session_it_is_wanted_again) {
  for (const char* user : {"nobody", static_cast<const char*>(nullptr)}) {
    Host host;
    host.use("same_card");
    host.script(kGood);
    host.answers = {"1234"};
    ck_assert_int_eq(host.authenticate(user), PAM_SUCCESS);
    ck_assert(contains(host.record(), ::getuid() == 0 ? " same_card=0 " : " same_card=1 "));
  }
}
END_TEST

START_TEST(accounts_of_this_machine_are_in_its_file) {
  ck_assert(jpki::pam::is_local("root") && jpki::pam::is_local("nobody"));
  for (const char* name : {"", "roo", "oot", "hanako-is-not-here"})
    ck_assert_msg(!jpki::pam::is_local(name), "%s", name);
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
  ck_assert(host.heard("暗証番号が違います。あと2回間違えるとロックされます。") && host.heard("[JPKI-201]"));
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

constexpr char kPrompt[] = "MyNumber card PIN (4 digits, 3 tries left): ";

START_TEST(quiet_asks_but_tells_nothing) {
  Host host;
  host.use("quiet");
  host.script("step 4\n" + std::string(kGood));
  host.answers = {"12", "9999"};
  ck_assert_int_eq(host.authenticate("nobody"), PAM_AUTH_ERR);
  ck_assert(host.questions() == std::vector<std::string>({kPrompt, kPrompt}));
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
  ck_assert_int_eq(host.record_count("cancel JPKI-503"), 1);
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

// libpam answers these to who is called by a module, as a conversation is.
START_TEST(accounts_are_known_as_the_name_service_has_them) {
  const passwd* const entry = ::getpwnam("nobody");
  ck_assert_ptr_nonnull(entry);
  const uid_t uid = entry->pw_uid;
  Host host;
  host.use("");
  host.script(kGood);
  host.answers = {"1234"};
  int seen = 0;
  host.at_question = [&] {
    namespace pam = jpki::pam;
    ck_assert(pam::uid_of(host.handle(), "nobody") == uid && pam::uid_of(host.handle(), "root") == 0U);
    ck_assert(!pam::uid_of(host.handle(), "") && !pam::uid_of(host.handle(), "hanako-is-not-here"));
    check_text(pam::name_of(host.handle(), uid), "nobody");
    check_text(pam::name_of(host.handle(), 4'000'000'000), "");
    check_text(pam::canonical_name(host.handle(), "nobody"), "nobody");
    check_text(pam::canonical_name(host.handle(), "hanako-is-not-here"), "hanako-is-not-here");
    check_text(pam::canonical_name(host.handle(), ""), "");
    ++seen;
  };
  ck_assert_int_eq(host.authenticate("nobody"), PAM_SUCCESS);
  ck_assert_int_eq(seen, 1);
}
END_TEST

START_TEST(min_uid_is_the_least) {
  const passwd* const nobody = ::getpwnam("nobody");
  ck_assert(nobody != nullptr);
  Host host;
  host.use("min_uid=" + std::to_string(nobody->pw_uid));
  host.script(kGood);
  host.answers = {"1234"};
  ck_assert_int_eq(host.authenticate("nobody"), PAM_SUCCESS);
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
  ck_assert_int_eq(host.authenticate("4711secret"), PAM_USER_UNKNOWN);
  const std::string log = take_log();
  ck_assert(contains(log, "account=(unknown)"));
  ck_assert(!contains(log, "4711secret"));
  ck_assert_int_eq(host.authenticate("root"), PAM_USER_UNKNOWN);
  ck_assert(contains(take_log(), "account=root"));
}
END_TEST

Suite* suite() {
  Suite* suite = suite_create("pam_jpki login");
  TCase* tests = tcase_create("login");
  tcase_set_timeout(tests, 30);
  tcase_add_test(tests, a_correct_pin_logs_in);
  tcase_add_test(tests, a_wrong_pin_tells_the_tries_left);
  tcase_add_test(tests, what_was_left_before_a_wrong_pin_is_not_said_after_it);
  for (const TTest* test :
       {what_cannot_be_told_is_a_warning, a_pin_is_not_sent_to_who_has_spoken,
        only_where_a_card_opened_a_session_it_is_wanted_again, accounts_of_this_machine_are_in_its_file,
        accounts_are_known_as_the_name_service_has_them, min_uid_is_the_least})
    tcase_add_test(tests, test);
  tcase_add_loop_test(tests, every_verdict_ends_as_it_must, 0, static_cast<int>(all_verdicts().size()));
  tcase_add_test(tests, japanese_is_spoken_on_request);
  tcase_add_test(tests, without_the_locale_english_and_a_warning);
  tcase_add_test(tests, quiet_asks_but_tells_nothing);
  tcase_add_test(tests, an_absent_card_is_asked_for_once);
  tcase_add_loop_test(tests, the_card_says_who, 0, 2);
  tcase_add_test(tests, a_refused_card_names_nobody);
  tcase_add_test(tests, somebody_elses_card_gets_no_prompt);
  tcase_add_loop_test(tests, an_unusable_account_gets_no_prompt, 0,
                      2 * static_cast<int>(std::size(kUnusable)));
  tcase_add_test(tests, min_uid_lets_others_in);
  tcase_add_test(tests, an_overlong_name_is_nobody);
  tcase_add_test(tests, an_unknown_typed_name_is_not_logged);
  suite_add_tcase(suite, tests);
  return suite;
}

}  // namespace

int main() {
  return jpki::test::run_suite(suite());
}
