// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Who may come to the card at all, and for whom: remote logins, users without a card, hosts that change their
// mind.
#include "tests/unit/pam_jpki/host.h"

namespace {

using namespace jpki::pam::test;

constexpr char kGood[] = "step 5\nask nobody 4 4 1 3 3\nstep 10\nverify 1234 2\nstep 11\noutcome 0 nobody\n";

int authenticate_from(Host& host, const char* remote_host) {
  host.start("nobody");
  ck_assert_int_eq(::pam_set_item(host.handle(), PAM_RHOST, remote_host), PAM_SUCCESS);
  const int code = ::pam_authenticate(host.handle(), 0);
  host.end(code);
  return code;
}

START_TEST(the_card_here_is_not_for_who_is_elsewhere) {
  // Whoever makes a connection from this machine to itself may have come from anywhere.
  for (const char* remote : {"192.0.2.66", "terminal-8", "2001:db8::1", "localhost.evil.example",
                             "127.attacker.example", "localhost", "127.0.0.1", "::1"}) {
    Host host;
    host.use("");
    host.script(kGood);
    host.answers = {"1234"};
    ck_assert_int_eq(authenticate_from(host, remote), PAM_AUTHINFO_UNAVAIL);
    ck_assert(host.heard("[JPKI-112]"));
    ck_assert_uint_eq(host.questions().size(), 0);
    ck_assert(host.record().empty());
  }
}
END_TEST

START_TEST(an_administrator_may_allow_more) {
  for (const char* remote : {"", "127.0.0.1", "192.0.2.66"}) {
    Host host;
    host.use("where_unknown=remote allow_remote");
    host.script(kGood);
    host.answers = {"1234"};
    ck_assert_int_eq(authenticate_from(host, remote), PAM_SUCCESS);
  }
}
END_TEST

// The test's module finds neither logind nor processes: only the terminal and the option are left.
START_TEST(where_nothing_can_be_told_the_option_decides) {
  struct Case {
    const char* options;
    const char* terminal;
    int code;
  };
  static const Case kCases[] = {
      {"where_unknown=local", "pts/3", PAM_SUCCESS},
      {"where_unknown=remote", "pts/3", PAM_AUTHINFO_UNAVAIL},
      {"where_unknown=remote", "/dev/tty1", PAM_SUCCESS},
      {"where_unknown=remote where_unknown=nowhere", "pts/3", PAM_SUCCESS},
  };
  const Case& c = kCases[_i];
  Host host;
  host.use(c.options);
  host.script(kGood);
  host.answers = {"1234"};
  host.start("nobody");
  ck_assert_int_eq(::pam_set_item(host.handle(), PAM_TTY, c.terminal), PAM_SUCCESS);
  const int code = ::pam_authenticate(host.handle(), 0);
  host.end(code);
  ck_assert_int_eq(code, c.code);
  ck_assert_int_eq(host.record().empty(), c.code != PAM_SUCCESS);
}
END_TEST

START_TEST(an_unregistered_card_passes_no_required_line) {
  Host host;
  host.write_service("auth required pam_permit.so\nauth " + host.entry("ignore_unknown_user"));
  host.script("outcome 501 -\n");
  ck_assert_int_eq(host.authenticate("nobody"), PAM_USER_UNKNOWN);
}
END_TEST

START_TEST(root_and_unknown_users_need_no_card_where_they_are_ignored) {
  for (const char* user : {"root", "hanako-is-not-here"}) {
    Host host;
    host.write_service("auth " + host.entry("ignore_unknown_user") + "auth required pam_permit.so\n");
    host.script(kGood);
    ck_assert_int_eq(host.authenticate(user), PAM_SUCCESS);
    ck_assert(host.record().empty());
  }
}
END_TEST

START_TEST(a_user_named_during_the_prompt_gains_nothing) {
  Host host;
  host.use("");
  host.script(kGood);
  host.answers = {"1234"};
  host.at_question = [&] { ::pam_set_item(host.handle(), PAM_USER, "root"); };
  host.start(nullptr);
  ck_assert_int_eq(::pam_authenticate(host.handle(), 0), PAM_AUTH_ERR);
  ck_assert_int_eq(::pam_acct_mgmt(host.handle(), 0), PAM_PERM_DENIED);
  host.end(PAM_AUTH_ERR);
}
END_TEST

// login(1) clears PAM_USER after a refusal and calls again at once.
START_TEST(after_a_refusal_the_person_is_asked_who_they_are) {
  Host host;
  host.use("");
  host.script(kGood);
  host.answers = {"", "1234"};
  host.start("daemon");
  ck_assert_int_eq(::pam_authenticate(host.handle(), 0), PAM_USER_UNKNOWN);
  ck_assert_int_eq(::pam_set_item(host.handle(), PAM_USER, nullptr), PAM_SUCCESS);
  ck_assert_int_eq(::pam_authenticate(host.handle(), 0), PAM_SUCCESS);
  ck_assert_uint_eq(host.questions().size(), 2);
  ck_assert(host.questions()[0].find("login:") != std::string::npos);
  host.end(PAM_SUCCESS);

  Host named;
  named.use("");
  named.script(kGood);
  named.answers = {"daemon", "1234"};
  named.start("daemon");
  ck_assert_int_eq(::pam_authenticate(named.handle(), 0), PAM_USER_UNKNOWN);
  ck_assert_int_eq(::pam_set_item(named.handle(), PAM_USER, nullptr), PAM_SUCCESS);
  ck_assert_int_eq(::pam_authenticate(named.handle(), 0), PAM_USER_UNKNOWN);
  ck_assert_uint_eq(named.questions().size(), 1);
  named.end(PAM_USER_UNKNOWN);
}
END_TEST

Suite* suite() {
  Suite* suite = suite_create("pam_jpki door");
  TCase* tests = tcase_create("door");
  tcase_set_timeout(tests, 30);
  tcase_add_test(tests, the_card_here_is_not_for_who_is_elsewhere);
  tcase_add_test(tests, an_administrator_may_allow_more);
  tcase_add_loop_test(tests, where_nothing_can_be_told_the_option_decides, 0, 4);
  tcase_add_test(tests, an_unregistered_card_passes_no_required_line);
  tcase_add_test(tests, root_and_unknown_users_need_no_card_where_they_are_ignored);
  tcase_add_test(tests, a_user_named_during_the_prompt_gains_nothing);
  tcase_add_test(tests, after_a_refusal_the_person_is_asked_who_they_are);
  suite_add_tcase(suite, tests);
  return suite;
}

}  // namespace

int main() {
  return jpki::test::run_suite(suite());
}
