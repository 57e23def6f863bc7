// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Hosts that show prompts and nothing else, and hold Ctrl-C back: sudo.
#include "tests/unit/pam_jpki/host.h"
#include "tests/unit/pam_jpki/text.h"

#include <chrono>
#include <csignal>
#include <cstring>
#include <thread>

#include <fcntl.h>
#include <pty.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <termios.h>
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

// What a prompt has said, no later call says again.
START_TEST(what_waited_for_a_prompt_is_told_once) {
  Host host;
  host.use("");
  host.script(kGood);
  host.answers = {"9999", "1234", "1234"};
  host.start("nobody");
  ck_assert_int_eq(::pam_authenticate(host.handle(), PAM_SILENT), PAM_AUTH_ERR);
  ck_assert_int_eq(::pam_authenticate(host.handle(), PAM_SILENT), PAM_SUCCESS);
  ck_assert_int_eq(::pam_authenticate(host.handle(), PAM_SILENT), PAM_SUCCESS);
  host.end(PAM_SUCCESS);
  ck_assert_uint_eq(host.questions().size(), 3);
  check_text(host.questions()[1], std::string("Wrong PIN [JPKI-201]. ") + kPrompt);
  check_text(host.questions()[2], kPrompt);
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
       {"The certificate is revoked or suspended [JPKI-401]. Press Enter: "}},
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
      {"", "outcome 103 -\n", PAM_AUTHINFO_UNAVAIL, {"No card was found [JPKI-103]. Press Enter: "}},
      {"screen=blind wait_for_card=9", "outcome 103 -\n", PAM_AUTHINFO_UNAVAIL, {}},
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

// The question for the card comes from an attempt that does not wait for one.
START_TEST(a_card_is_asked_for_before_it_is_waited_for) {
  Host host;
  host.use("wait_for_card=9");
  host.script("outcome 103 -\n");
  host.start("nobody");
  ck_assert_int_eq(::pam_authenticate(host.handle(), PAM_SILENT), PAM_AUTHINFO_UNAVAIL);
  const std::string record = host.record();
  const auto first = record.find(" wait=0 ");
  ck_assert(first != std::string::npos && record.find(" wait=9000 ", first) != std::string::npos);
  host.manner = Manner::kFails;
  ck_assert_int_eq(::pam_authenticate(host.handle(), PAM_SILENT), PAM_CONV_ERR);
  host.end(PAM_CONV_ERR);
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
    while (_i == 0 && host.record().empty()) ::usleep(1000);
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

// A terminal of this process: what a person types goes in at `person`, what it shows comes out there.
struct Terminal {
  int person = -1;
  std::string name;
  Terminal() {
    int own = -1;
    char path[64];
    ck_assert_int_eq(::openpty(&person, &own, path, nullptr, nullptr), 0);
    name = path;
    ck_assert_int_eq(::ioctl(own, TIOCSCTTY, 0), 0);
    ck_assert_int_eq(::dup2(own, STDIN_FILENO), STDIN_FILENO);
    ::close(own);
    ::fcntl(person, F_SETFL, O_NONBLOCK);
  }
  void type(const char* text) const {
    ck_assert_int_gt(static_cast<int>(::write(person, text, std::strlen(text))), 0);
  }
  std::string shown() const {
    char buffer[256];
    const ssize_t n = ::read(person, buffer, sizeof buffer);
    return {buffer, n > 0 ? static_cast<std::size_t>(n) : 0};
  }
  static bool echoes() {
    termios settings{};
    return ::tcgetattr(STDIN_FILENO, &settings) == 0 && (settings.c_lflag & ECHO) != 0;
  }
  static int waiting() {
    int count = 0;
    return ::ioctl(STDIN_FILENO, FIONREAD, &count) == 0 ? count : -1;
  }
};

std::vector<int> signals_held() {
  sigset_t set;
  ::pthread_sigmask(SIG_BLOCK, nullptr, &set);
  std::vector<int> held;
  for (int number = 1; number < 32; ++number) {
    if (::sigismember(&set, number) == 1) held.push_back(number);
  }
  return held;
}

// A session leader can take a terminal; what Check forks cannot become one. Check ends the group of what it
// forked, to which this does not belong.
constexpr unsigned kLongest = 60;  // seconds
template <class Body>
void in_a_session(Body body) {
  const pid_t child = ::fork();
  if (child == 0) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    ::alarm(kLongest);
    ::setsid();
    body();
    ::_exit(0);
  }
  int status = -1;
  ck_assert_int_eq(::waitpid(child, &status, 0), child);
  ck_assert_int_eq(status, 0);
}

// su and login(1): the card is waited for, and the person types the PIN already.
void type_ahead(int row) {
  const Terminal terminal;
  Host host;
  host.use("wait_for_card=20 screen=full");
  host.script("step 4\nstep-for 4 500\nask nobody 4 4 1 3 3\nverify 1234 2\noutcome 0 nobody\n");
  host.answers = {"1234"};
  bool echo_at_question = false;
  host.at_question = [&] { echo_at_question = Terminal::echoes() && signals_held().empty(); };
  const char* const named[] = {terminal.name.c_str(), terminal.name.c_str() + 5, "/dev/tty9", nullptr};
  const bool ours = row < 2;
  host.start("nobody");
  ck_assert_int_eq(::pam_set_item(host.handle(), PAM_TTY, named[row]), PAM_SUCCESS);
  std::thread person([&] {
    while (!host.heard("on the reader")) ::usleep(1000);
    for (int i = 0; ours && Terminal::echoes() && i < 5000; ++i) ::usleep(1000);
    terminal.type("4321\n");
  });
  const int code = ::pam_authenticate(host.handle(), 0);
  person.join();
  host.end(code);
  ck_assert_int_eq(code, PAM_SUCCESS);
  ck_assert_int_eq(terminal.shown().empty(), ours);
  ck_assert(echo_at_question && Terminal::echoes() && signals_held().empty());
  if (ours) ck_assert_int_eq(Terminal::waiting(), 0);
}

START_TEST(what_is_typed_ahead_does_not_show) {
  in_a_session([row = _i] { type_ahead(row); });
}
END_TEST

void press_ctrl_c() {
  static volatile sig_atomic_t echoed = -1;
  const Terminal terminal;
  Host host;
  host.use("wait_for_card=20");
  host.script("step 4\nhang\n");
  struct sigaction action {};
  action.sa_handler = [](int) { echoed = Terminal::echoes(); };
  ::sigaction(SIGINT, &action, nullptr);
  host.start("nobody");
  ck_assert_int_eq(::pam_set_item(host.handle(), PAM_TTY, terminal.name.c_str()), PAM_SUCCESS);
  std::thread person([&] {
    sigset_t all;
    ::sigfillset(&all);
    ::pthread_sigmask(SIG_BLOCK, &all, nullptr);  // the waiting thread is to have the signal
    while (Terminal::echoes()) ::usleep(1000);
    terminal.type("\003");
  });
  const int code = ::pam_authenticate(host.handle(), 0);
  person.join();
  host.end(code);
  ck_assert_int_eq(code, PAM_AUTH_ERR);
  ck_assert_int_eq(echoed, 1);
  ck_assert(signals_held().empty());
}

// The signal is the host's again when its terminal is as it was.
START_TEST(ctrl_c_during_the_wait_leaves_the_terminal_as_it_was) {
  in_a_session(&press_ctrl_c);
}
END_TEST

Suite* suite() {
  Suite* suite = suite_create("pam_jpki screen");
  TCase* tests = tcase_create("screen");
  tcase_set_timeout(tests, 30);
  tcase_add_test(tests, where_only_prompts_are_shown_the_next_one_says_why);
  tcase_add_test(tests, what_waited_for_a_prompt_is_told_once);
  tcase_add_loop_test(tests, where_only_prompts_are_shown_a_refusal_is_held, 0, 10);
  tcase_add_test(tests, a_card_is_asked_for_before_it_is_waited_for);
  tcase_add_loop_test(tests, an_interrupt_that_the_host_holds_back_ends_the_wait, 0, 2);
  tcase_add_loop_test(tests, what_is_typed_ahead_does_not_show, 0, 4);
  tcase_add_test(tests, ctrl_c_during_the_wait_leaves_the_terminal_as_it_was);
  suite_add_tcase(suite, tests);
  return suite;
}

}  // namespace

int main() {
  return jpki::test::run_suite(suite());
}
