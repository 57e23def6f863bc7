// SPDX-License-Identifier: LGPL-2.1-or-later
//
// The module in its stack: options, the other PAM functions, validators that lie.
#include "tests/unit/pam_jpki/host.h"
#include "tests/unit/pam_jpki/text.h"

namespace {

using jpki::pam::check_text;
using namespace jpki::pam::test;

constexpr char kGood[] = "step 5\nask nobody 4 4 1 3 3\nstep 10\nverify 1234 2\nstep 11\noutcome 0 nobody\n";

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

// What a validator that lies gets.
const char* const kLies[] = {
    "outcome 0 nobody\n",                                     // accepted without a PIN
    "ask nobody 4 4 1 3 3\nforge-nonce\noutcome 0 nobody\n",  // another login's answer
    "ask nobody 4 4 1 3 3\noutcome 0 daemon\n",               // another account than asked for
    "ask nobody 4 4 1 3 3\noutcome 0 -\n",                    // no account
    "ask nobody 4 4 1 3 3\ngarbage\n",
    "ask nobody 4 4 1 3 3\ndie 9\n",
    "ask nobody 4 4 1 3 3\nask-again\noutcome 0 nobody\n",
    "ask nobody 4 4 1 3 3\n",  // ends without an outcome
    "forge-nonce\noutcome 103 -\n",
    "say-cancel\noutcome 0 nobody\n",
    "garbage\n",
    "die 9\n",
    "flood\n",
    "ask nobody 4 4 1 3 3\ntoken-label Taro\tYamada\noutcome 0 nobody\n",
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

START_TEST(the_signal_that_ended_a_validator_is_told) {
  struct {
    const char* script;
    const char* told;
  } const ends[] = {
      {"die 9\n", "was killed by the signal SIGKILL"},
      {"ask nobody 4 4 1 3 3\ndie 6\n", "was killed by the signal SIGABRT"},
      {"die 31\n", "was killed by the signal SIGSYS: it or a PKCS#11 module in it made a system call"}};
  for (const auto& end : ends) {
    Host host;
    host.use("");
    host.script(end.script);
    host.answers = {"1234"};
    ck_assert_int_eq(host.authenticate(nullptr), PAM_AUTHINFO_UNAVAIL);
    ck_assert(host.heard("[JPKI-604]"));
    const std::string log = take_log();
    ck_assert_msg(contains(log, end.told), "%s", log.c_str());
  }
  Host host;
  host.use("");
  host.script("");
  ck_assert_int_eq(host.authenticate(nullptr), PAM_AUTHINFO_UNAVAIL);
  ck_assert(!contains(take_log(), "signal"));
}
END_TEST

START_TEST(a_missing_validator_is_named) {
  Host host;
  host.write_service("auth required " JPKI_TEST_MODULES "/pam_jpki_alone.so where_unknown=local\n");
  ck_assert_int_eq(host.authenticate("nobody"), PAM_AUTHINFO_UNAVAIL);
  ck_assert(host.heard("[JPKI-603]"));
  ck_assert(contains(take_log(), "cannot start /nonexistent/jpki-validator: No such file or directory"));
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
    const std::string log = take_log();
    ck_assert(contains(log, "deep?[31m detail") == debug && contains(log, " steps_ms=\"") == debug);
    ck_assert(contains(host.record(), debug ? "debug=1" : "debug=0"));
  }
}
END_TEST

// Alone in its stack, a module that is ignored means a refusal (libpam).
START_TEST(ignoring_is_no_success) {
  Host host;
  host.use("ignore_authinfo_unavail ignore_unknown_user");
  host.script(_i == 0 ? "outcome 103 -\n" : "outcome 402 -\n");
  ck_assert_int_eq(host.authenticate("nobody"), PAM_PERM_DENIED);
  ck_assert(_i == 0 ? host.told().empty() : host.heard("[JPKI-402]"));
  host.write_service("auth " + host.entry("ignore_authinfo_unavail ignore_unknown_user") +
                     "auth required pam_permit.so\n");
  ck_assert_int_eq(host.authenticate("nobody"), PAM_SUCCESS);
}
END_TEST

START_TEST(a_named_user_is_left_to_the_next_module) {
  Host host;
  host.script(kGood);
  host.answers = {"1234"};
  host.write_service("auth requisite pam_permit.so\nauth " + host.entry("only_unnamed"));
  ck_assert_int_eq(host.authenticate("nobody"), PAM_SUCCESS);  // by pam_permit.so alone
  ck_assert(host.questions().empty());
  host.use("only_unnamed");
  ck_assert_int_eq(host.authenticate(nullptr), PAM_SUCCESS);
  ck_assert_uint_eq(host.questions().size(), 1);
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

constexpr char kLabelled[] = "token-label JPKI (User Authentication PIN)\n";

std::string login_token(const Host& host) {
  const char* name = ::pam_getenv(host.handle(), "PKCS11_LOGIN_TOKEN_NAME");
  return name == nullptr ? "" : name;
}

// The session gets it with its credentials, not before.
START_TEST(the_session_knows_the_token_that_it_was_begun_with) {
  Host host;
  host.use("");
  host.script(kLabelled + std::string(kGood));
  host.answers = {"1234"};
  host.start("nobody");
  ck_assert_int_eq(::pam_authenticate(host.handle(), 0), PAM_SUCCESS);
  check_text(login_token(host), "");
  for (const int again : {PAM_REINITIALIZE_CRED, PAM_REFRESH_CRED, PAM_DELETE_CRED}) {
    ck_assert_int_eq(::pam_setcred(host.handle(), again), PAM_SUCCESS);
    check_text(login_token(host), "");
  }
  ck_assert_int_eq(::pam_setcred(host.handle(), PAM_ESTABLISH_CRED), PAM_SUCCESS);
  check_text(login_token(host), "JPKI (User Authentication PIN)");
  host.end(PAM_SUCCESS);
}
END_TEST

START_TEST(who_was_not_logged_in_by_card_has_no_token) {
  struct {
    const char* script;
    const char* second;  // in the same handle
  } const cases[] = {{"outcome 401 nobody\n", nullptr}, {kGood, nullptr}, {kGood, "outcome 401 nobody\n"}};
  for (const auto& c : cases) {
    Host host;
    host.use("");
    host.script((c.second != nullptr ? kLabelled : "") + std::string(c.script));
    host.answers = {"1234"};
    host.start("nobody");
    (void)::pam_authenticate(host.handle(), 0);
    if (c.second != nullptr) {
      host.script(kLabelled + std::string(c.second));
      ck_assert_int_ne(::pam_authenticate(host.handle(), 0), PAM_SUCCESS);
    }
    (void)::pam_setcred(host.handle(), PAM_ESTABLISH_CRED);
    check_text(login_token(host), "");
    host.end(PAM_SUCCESS);
  }
}
END_TEST

std::string cache_of(const Host& host) {
  const char* name = ::pam_getenv(host.handle(), "KRB5CCNAME");
  return name == nullptr ? "" : name;
}

// A login whose validator sends a ticket of so many octets, up to pam_setcred().
int credentials(Host& host, const std::string& octets, const char* more = "") {
  host.use("screen=full");
  host.script("ask nobody 4 4 1 3 3\nticket " + octets + "\n" + more + "outcome 0 nobody\n");
  host.answers = {"1234"};
  host.start("nobody");
  ck_assert_int_eq(::pam_authenticate(host.handle(), 0), PAM_SUCCESS);
  check_text(cache_of(host), "");
  ck_assert_int_eq(::pam_setcred(host.handle(), PAM_REINITIALIZE_CRED), PAM_SUCCESS);
  check_text(cache_of(host), "");
  return ::pam_setcred(host.handle(), PAM_ESTABLISH_CRED);
}

START_TEST(a_ticket_is_kept_with_the_credentials_and_once) {
  Host host;
  ck_assert_int_eq(credentials(host, "10000"), PAM_SUCCESS);
  check_text(cache_of(host), "FAKE:65534:65534:10000");
  ck_assert_int_eq(::pam_putenv(host.handle(), "KRB5CCNAME"), PAM_SUCCESS);
  ck_assert_int_eq(::pam_setcred(host.handle(), PAM_ESTABLISH_CRED), PAM_SUCCESS);
  ck_assert_int_eq(::pam_open_session(host.handle(), 0), PAM_SUCCESS);
  check_text(cache_of(host), "");
  ck_assert(!host.heard("JPKI"));
  host.end(PAM_SUCCESS);
}
END_TEST

START_TEST(a_ticket_that_cannot_be_kept_is_told) {
  Host host;
  ck_assert_int_eq(credentials(host, "9999"), PAM_SUCCESS);
  check_text(cache_of(host), "");
  ck_assert(host.heard("[JPKI-535]"));
  ck_assert(contains(take_log(), "JPKI-535 ticket-not-kept cause=\"odd\""));
  host.end(PAM_SUCCESS);
}
END_TEST

START_TEST(without_a_required_ticket_there_are_no_credentials) {
  Host host;
  ck_assert_int_eq(credentials(host, "9999", "ticket-required\n"), PAM_CRED_ERR);
  ck_assert(host.heard("[JPKI-535]"));
  host.end(PAM_CRED_ERR);
}
END_TEST

START_TEST(a_ticket_that_is_none_breaks_the_login) {
  Host host;
  host.use("");
  host.script("ask nobody 4 4 1 3 3\nticket 49153\noutcome 0 nobody\n");
  host.answers = {"1234"};
  ck_assert_int_eq(host.authenticate("nobody"), PAM_AUTHINFO_UNAVAIL);
}
END_TEST

START_TEST(a_refused_login_leaves_no_ticket) {
  Host host;
  host.use("");
  host.script("ask nobody 4 4 1 3 3\nticket 100\noutcome 401 nobody\n");
  host.answers = {"1234"};
  host.start("nobody");
  ck_assert_int_ne(::pam_authenticate(host.handle(), 0), PAM_SUCCESS);
  (void)::pam_setcred(host.handle(), PAM_ESTABLISH_CRED);
  (void)::pam_open_session(host.handle(), 0);
  check_text(cache_of(host), "");
  host.end(PAM_SUCCESS);
}
END_TEST

Suite* suite() {
  Suite* suite = suite_create("pam_jpki module");
  TCase* tests = tcase_create("module");
  tcase_set_timeout(tests, 30);
  tcase_add_loop_test(tests, a_lying_validator_lets_nobody_in, 0, static_cast<int>(std::size(kLies)));
  tcase_add_test(tests, the_signal_that_ended_a_validator_is_told);
  tcase_add_test(tests, the_session_knows_the_token_that_it_was_begun_with);
  tcase_add_test(tests, who_was_not_logged_in_by_card_has_no_token);
  tcase_add_test(tests, a_ticket_is_kept_with_the_credentials_and_once);
  tcase_add_test(tests, a_ticket_that_cannot_be_kept_is_told);
  tcase_add_test(tests, without_a_required_ticket_there_are_no_credentials);
  tcase_add_test(tests, a_ticket_that_is_none_breaks_the_login);
  tcase_add_test(tests, a_refused_login_leaves_no_ticket);
  tcase_add_test(tests, a_missing_validator_is_named);
  tcase_add_test(tests, unknown_options_do_no_harm);
  tcase_add_test(tests, a_relative_config_file_lets_nobody_in);
  tcase_add_test(tests, debug_lines_are_logged_on_request);
  tcase_add_loop_test(tests, ignoring_is_no_success, 0, 2);
  tcase_add_test(tests, a_named_user_is_left_to_the_next_module);
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
