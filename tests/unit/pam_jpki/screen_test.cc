// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Hosts that show prompts and nothing else, and hold Ctrl-C back: sudo.
#include "tests/unit/pam_jpki/host.h"
#include "tests/unit/pam_jpki/text.h"

#include <chrono>
#include <csignal>
#include <thread>

#include <unistd.h>

namespace {

using jpki::pam::check_text;
using namespace jpki::pam::test;

constexpr char kGood[] = "step 5\nask nobody 4 4 1 3 3\nstep 10\nverify 1234 2\nstep 11\noutcome 0 nobody\n";
constexpr char kPrompt[] = "MyNumber card PIN (4 digits, 3 tries left): ";

// sudo calls again with the same handle.
START_TEST(where_only_prompts_are_shown_the_next_one_says_why) {
  Host host;
  host.use("");
  host.script(kGood);
  host.answers = {"12", "9999", "1234"};
  host.start("nobody");
  ck_assert_int_eq(::pam_authenticate(host.handle(), PAM_SILENT), PAM_AUTH_ERR);
  ck_assert_int_eq(::pam_authenticate(host.handle(), PAM_SILENT), PAM_SUCCESS);
  host.end(PAM_SUCCESS);
  ck_assert_uint_eq(host.questions().size(), 3);
  check_text(host.questions()[0], kPrompt);
  check_text(host.questions()[1], std::string("No try was used; 4 digits. ") + kPrompt);
  check_text(host.questions()[2], std::string("Wrong PIN [JPKI-201]. ") + kPrompt);
  check_text(host.told(), "");
}
END_TEST

START_TEST(where_only_prompts_are_shown_a_refusal_is_held) {
  struct Case {
    const char* options;
    const char* script;
    int code;
    std::vector<std::string> questions;
  };
  static const Case kCases[] = {
      {"",
       "outcome 401 -\n",
       PAM_CRED_INSUFFICIENT,
       {"The card is revoked or suspended [JPKI-401]. Press Enter: "}},
      {"",
       "ask nobody 4 4 1 3 3\noutcome 402 nobody\n",
       PAM_AUTHINFO_UNAVAIL,
       {kPrompt, "The card could not be checked [JPKI-402]. Press Enter: "}},
      {"ignore_authinfo_unavail", "outcome 103 -\n", PAM_IGNORE, {}},
      {"ignore_authinfo_unavail",
       "outcome 404 -\n",
       PAM_IGNORE,
       {"The card could not be checked [JPKI-404]. Press Enter: "}},
      {"wait_for_card=9",
       "outcome 103 -\n",
       PAM_AUTHINFO_UNAVAIL,
       {"Please put your card on the reader, then press Enter: ",
        "No card was found [JPKI-103]. Press Enter: "}},
      {"wait_for_card=9",
       "outcome 102 -\n",
       PAM_AUTHINFO_UNAVAIL,
       {"No card reader was found [JPKI-102]. Press Enter: "}},
      {"wait_for_card=9 ignore_authinfo_unavail", "outcome 103 -\n", PAM_IGNORE, {}},
      {"quiet", "outcome 401 -\n", PAM_CRED_INSUFFICIENT, {}},
  };
  const Case& c = kCases[_i];
  Host host;
  host.use(c.options);
  host.script(c.script);
  host.answers = {"1234"};
  const int code = host.authenticate("nobody", PAM_SILENT);
  ck_assert_int_eq(code, c.code == PAM_IGNORE ? PAM_PERM_DENIED : c.code);
  ck_assert_msg(host.questions() == c.questions, "case %d", _i);
  check_text(host.told(), "");
}
END_TEST

// sudo holds Ctrl-C back while it authenticates, and looks for it afterwards.
START_TEST(an_interrupt_that_the_host_holds_back_ends_the_wait) {
  Host host;
  host.use("timeout=20 wait_for_card=20");
  host.script("step 4\nhang\n");
  sigset_t held;
  ::sigemptyset(&held);
  ::sigaddset(&held, SIGINT);
  ::sigprocmask(SIG_BLOCK, &held, nullptr);
  const pid_t host_process = ::getpid();
  std::thread person([&] {
    while (host.record().empty()) ::usleep(1000);
    if (_i == 0) ::kill(host_process, SIGINT);
  });
  if (_i == 1) ::raise(SIGINT);
  const auto begin = std::chrono::steady_clock::now();
  ck_assert_int_eq(host.authenticate("nobody"), PAM_AUTH_ERR);
  ck_assert(std::chrono::steady_clock::now() - begin < std::chrono::seconds(5));
  person.join();
  ck_assert_uint_eq(host.questions().size(), 0);
  ck_assert(!host.heard("JPKI"));
  sigset_t pending;
  ::sigpending(&pending);
  ck_assert_int_eq(::sigismember(&pending, SIGINT), 1);
}
END_TEST

Suite* suite() {
  Suite* suite = suite_create("pam_jpki screen");
  TCase* tests = tcase_create("screen");
  tcase_set_timeout(tests, 30);
  tcase_add_test(tests, where_only_prompts_are_shown_the_next_one_says_why);
  tcase_add_loop_test(tests, where_only_prompts_are_shown_a_refusal_is_held, 0, 8);
  tcase_add_loop_test(tests, an_interrupt_that_the_host_holds_back_ends_the_wait, 0, 2);
  suite_add_tcase(suite, tests);
  return suite;
}

}  // namespace

int main() {
  return jpki::test::run_suite(suite());
}
