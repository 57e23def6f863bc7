// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Hosts that make a module's life hard: closed descriptors, reaped children, threads, forks, failing
// conversations, validators that hang. After each login no process and no descriptor may be left.
#include "tests/unit/pam_jpki/host.h"

#include <algorithm>
#include <atomic>
#include <csignal>
#include <cstring>
#include <thread>

#include <fcntl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

namespace {

using namespace jpki::pam::test;
using Clock = std::chrono::steady_clock;
using namespace std::chrono_literals;

constexpr char kGood[] = "step 5\nask nobody 4 4 1 3 3\nstep 10\nverify 1234 2\nstep 11\noutcome 0 nobody\n";

// How many bytes of a response were wiped when the module gave it back.
struct Wiped {
  const void* address;
  std::size_t size;
};
thread_local std::vector<Wiped> wiped;

void note_wiping(void* address, std::size_t size) {
  wiped.push_back({address, size});
  auto* bytes = static_cast<volatile char*>(address);
  while (size-- > 0) *bytes++ = 0;
}

void check_no_child() {
  ck_assert_int_eq(::waitpid(-1, nullptr, WNOHANG), -1);
  ck_assert_int_eq(errno, ECHILD);
}

// One login of nobody with this script and PIN; nothing may be left of it.
int login(const char* options, const char* script, const char* pin = "1234") {
  Host host;
  host.use(options);
  host.script(script);
  host.answers = {pin};
  const auto before = open_descriptors();
  const int code = host.authenticate("nobody");
  ck_assert(open_descriptors() == before);
  check_no_child();
  return code;
}

START_TEST(the_validator_starts_in_clean_surroundings) {
  ::setenv("OPENSC_CONF", "/tmp/evil.conf", 1);
  const int leaked = ::open("/dev/null", O_RDONLY);  // not close-on-exec
  ck_assert_int_ge(leaked, 0);
  sigset_t all;
  ::sigfillset(&all);
  ::sigprocmask(SIG_BLOCK, &all, nullptr);
  (void)::signal(SIGPIPE, SIG_IGN);
  (void)::signal(SIGHUP, SIG_IGN);
  Host host;
  host.use("");
  host.script(kGood);
  host.answers = {"1234"};
  ck_assert_int_eq(host.authenticate("nobody"), PAM_SUCCESS);
  const std::string record = host.record();
  ck_assert_msg(
      record.starts_with("process args=1 jpki-validator env=empty fds=socket,device,device,+0 leader=1 cwd=/ "
                         "signals=0\n"),
      "%s", record.c_str());
}
END_TEST

START_TEST(nothing_is_left_however_it_ends) {
  static const char* const kScripts[] = {kGood,
                                         "outcome 103 -\n",
                                         "die\n",
                                         "garbage\n",
                                         "ask nobody 4 4 1 3 3\ndie\n",
                                         "ask root 4 4 1 3 3\nhang\n",
                                         ""};
  for (int i = 0; i < 3; ++i) login("", kScripts[_i]);
}
END_TEST

struct Hanging {
  const char* script;
  const char* code;
};
const Hanging kHanging[] = {
    {"hang\n", "[JPKI-605]"},
    {"step 1\nhang\n", "[JPKI-605]"},
    {"step 2\nhang\n", "[JPKI-107]"},
    {"step 3\nhang\n", "[JPKI-107]"},
    {"step 5\nhang\n", "[JPKI-107]"},
    {"step 7\nhang\n", "[JPKI-605]"},
    {"ask nobody 4 4 1 3 3\nstep 10\nhang\n", "[JPKI-107]"},
    {"ask nobody 4 4 1 3 3\nstep 11\nhang\n", "[JPKI-107]"},
};

// A busy machine may be late; without the option it would be 30 seconds.
constexpr auto kByTheOption = 25s;

START_TEST(a_silent_validator_is_killed_in_time) {
  Host host;
  host.use("timeout=1");
  host.script(kHanging[_i].script);
  host.answers = {"1234"};
  const auto begin = Clock::now();
  ck_assert_int_eq(host.authenticate("nobody"), PAM_AUTHINFO_UNAVAIL);
  const auto took = Clock::now() - begin;
  ck_assert(took >= 1s && took < kByTheOption);
  ck_assert_msg(host.heard(kHanging[_i].code), "%s", host.told().c_str());
  ck_assert(take_log().find(" steps_ms=\"") != std::string::npos);  // where the time went
  check_no_child();
}
END_TEST

// Once, after three seconds without a word; a person who types is not waiting.
START_TEST(who_waits_is_told_so) {
  Host host;
  host.use("timeout=10");
  host.script("step-for 8 3200\nstep-for 9 3200\n" + std::string(kGood));
  host.answers = {"1234"};
  ck_assert_int_eq(host.authenticate("nobody"), PAM_SUCCESS);
  const std::string told = host.told();
  ck_assert_str_eq(told.c_str(),
                   "The card is being checked. Please wait, and leave the card on the reader.\n");
}
END_TEST

// Who is asked for the card, and who sees all the time what is done, knows why it takes long.
START_TEST(who_knows_why_is_not_told_to_wait) {
  constexpr std::pair<const char*, const char*> kCases[] = {
      {"timeout=10 wait_for_card=20", "step-for 4 3200\nstep-for 8 100\n"},
      {"timeout=10 screen=greeter", "step-for 8 3200\n"}};
  Host host;
  host.use(kCases[_i].first);
  host.script(kCases[_i].second + std::string(kGood));
  host.answers = {"1234"};
  ck_assert_int_eq(host.authenticate("nobody"), PAM_SUCCESS);
  ck_assert_msg(!host.heard("Please wait, and leave"), "%s", host.told().c_str());
}
END_TEST

START_TEST(waiting_for_the_card_is_not_machine_time) {
  ck_assert_int_eq(login("timeout=1 wait_for_card=5", ("step-for 4 1500\n" + std::string(kGood)).c_str()),
                   PAM_SUCCESS);
  const auto begin = Clock::now();
  ck_assert_int_eq(login("timeout=1 wait_for_card=1", "step 4\nhang\n"), PAM_AUTHINFO_UNAVAIL);
  const auto took = Clock::now() - begin;
  ck_assert(took >= 2s && took < kByTheOption);
}
END_TEST

START_TEST(typing_is_not_machine_time) {
  Host host;
  host.use("timeout=1");
  host.script(kGood);
  host.answers = {"1234"};
  host.at_question = [] { std::this_thread::sleep_for(1500ms); };  // a slow typist
  ck_assert_int_eq(host.authenticate("nobody"), PAM_SUCCESS);
}
END_TEST

START_TEST(two_attempts_share_one_timeout) {
  Host host;
  host.write_service("auth optional " JPKI_TEST_MODULES "/pam_probe.so authtok=9999\nauth " +
                     host.entry("try_first_pass timeout=20"));
  host.script("step-for 5 700\n" + std::string(kGood));
  host.answers = {"1234"};
  ck_assert_int_eq(host.authenticate("nobody"), PAM_SUCCESS);
  ck_assert_msg(host.record().find(" timeout=1") != std::string::npos, "%s", host.record().c_str());
}
END_TEST

START_TEST(a_validator_that_does_not_end_is_killed) {
  ck_assert_int_eq(login("", ("ignore-end\n" + std::string(kGood)).c_str()), PAM_SUCCESS);
  ck_assert(take_log().find("was killed") != std::string::npos);
}
END_TEST

START_TEST(a_failing_conversation_is_reported_and_nothing_is_sent) {
  static const Manner kManners[] = {Manner::kFails, Manner::kNoResponse, Manner::kNoText};
  Host host;
  host.use("");
  host.script(_i < 3 ? kGood : "ask nobody 4 4 1 1 3\noutcome 0 nobody\n");
  host.manner = kManners[_i % 3];
  const auto before = open_descriptors();
  ck_assert_int_eq(host.authenticate("nobody"), PAM_CONV_ERR);
  ck_assert(open_descriptors() == before);
  ck_assert_int_eq(host.record_count("cancel"), 1);
  ck_assert_int_eq(host.record_count("pin"), 0);
  ck_assert(take_log().find("conversation=failed") != std::string::npos);
  check_no_child();
}
END_TEST

START_TEST(typed_pins_are_wiped) {
  Host host;
  host.use("");
  host.script(kGood);
  host.answers = {"123456789", "1234"};
  ck_assert_int_eq(host.authenticate("nobody"), PAM_SUCCESS);
  ck_assert_uint_eq(host.responses.size(), 2);
  for (std::size_t i = 0; i < host.responses.size(); ++i) {
    const auto* const response = host.responses[i];
    const auto same = [&](const Wiped& w) {
      return w.address == response && w.size == host.answers[i].size();
    };
    ck_assert(std::ranges::any_of(wiped, same));
  }
}
END_TEST

START_TEST(a_host_that_ignores_its_children) {
  (void)::signal(SIGCHLD, SIG_IGN);
  for (const char* script : {kGood, "die\n", "step 5\nhang\n"}) {
    const int code = login("timeout=1", script);
    ck_assert_int_eq(code, script == kGood ? PAM_SUCCESS : PAM_AUTHINFO_UNAVAIL);
  }
}
END_TEST

bool pidfds_exist = true;

START_TEST(a_host_whose_sandbox_has_no_pidfds) {
  pidfds_exist = false;
  for (const char* script : {kGood, "die\n", "step 5\nhang\n"}) {
    const int code = login("timeout=1", script);
    ck_assert_int_eq(code, script == kGood ? PAM_SUCCESS : PAM_AUTHINFO_UNAVAIL);
  }
  (void)::signal(SIGCHLD, SIG_IGN);
  ck_assert_int_eq(login("", kGood), PAM_SUCCESS);
  ck_assert_int_eq(login("timeout=1", "hang\n"), PAM_AUTHINFO_UNAVAIL);
}
END_TEST

void reap_everything(int) {
  const int saved = errno;
  while (::waitpid(-1, nullptr, WNOHANG) > 0) continue;
  errno = saved;
}

START_TEST(a_host_that_reaps_every_child) {
  struct sigaction action {};
  action.sa_handler = &reap_everything;  // no SA_RESTART: every wait is interrupted
  ::sigaction(SIGCHLD, &action, nullptr);
  for (int i = 0; i < 20; ++i) ck_assert_int_eq(login("", kGood), PAM_SUCCESS);
  ck_assert_int_eq(login("", "die\n"), PAM_AUTHINFO_UNAVAIL);
  ck_assert_int_eq(login("timeout=1", "hang\n"), PAM_AUTHINFO_UNAVAIL);
}
END_TEST

START_TEST(other_children_are_left_alone) {
  const pid_t other = ::fork();
  if (other == 0) {
    for (;;) ::pause();
  }
  Host host;
  host.use("timeout=1");
  host.script("hang\n");
  ck_assert_int_eq(host.authenticate("nobody"), PAM_AUTHINFO_UNAVAIL);
  ck_assert_int_eq(::waitpid(-1, nullptr, WNOHANG), 0);
  ::kill(other, SIGKILL);
  ck_assert_int_eq(::waitpid(other, nullptr, 0), other);
}
END_TEST

START_TEST(a_host_without_standard_streams) {
  Host host;
  host.use("");
  host.script(kGood);
  host.answers = {"1234"};
  bool taken = false;
  host.at_question = [&] {
    for (int fd = 0; fd <= 2; ++fd) taken = taken || ::fcntl(fd, F_GETFD) != -1;
  };
  for (int fd = 0; fd <= 2; ++fd) ::close(fd);
  const int code = host.authenticate("nobody");
  const auto after = open_descriptors();
  ck_assert(after.empty() || after[0] > 2);
  ck_assert_int_eq(code, PAM_SUCCESS);
  ck_assert(!taken);
  ck_assert(host.record().find("fds=socket,device,device,+0") != std::string::npos);
}
END_TEST

// With few descriptors to be had, a login works or ends in a verdict; never half.
START_TEST(a_host_short_of_descriptors) {
  Host host;
  const std::string probe = JPKI_TEST_MODULES "/pam_probe.so free_fds=";
  host.write_service("auth optional " + probe + std::to_string(_i) + "\nauth " + host.entry("") +
                     "auth optional " + probe + "\n");
  host.script(kGood);
  host.answers = {"1234"};
  const auto before = open_descriptors();
  const int code = host.authenticate("nobody");
  // Without any descriptor not even the account can be looked up.
  const int refusal = _i == 0 ? PAM_USER_UNKNOWN : PAM_AUTHINFO_UNAVAIL;
  ck_assert_msg(code == (_i < 4 ? refusal : PAM_SUCCESS), "%d: %s", code, host.told().c_str());
  ck_assert(open_descriptors() == before);
  check_no_child();
}
END_TEST

bool quiet_login() {
  Host host;
  host.use("");
  host.script(kGood);
  host.answers = {"1234"};
  return host.authenticate("nobody") == PAM_SUCCESS;
}

START_TEST(eight_threads_log_in) {
  const auto before = open_descriptors();
  std::atomic<int> successes = 0;
  std::vector<std::jthread> threads;
  threads.reserve(8);
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([&] {
      for (int j = 0; j < 10; ++j) successes += quiet_login();
    });
  }
  threads.clear();
  ck_assert_int_eq(successes, 80);
  ck_assert(open_descriptors() == before);
  check_no_child();
}
END_TEST

// The handle is made before the fork, as a child may not load modules while another thread of its parent did:
// glibc leaves the dynamic linker's lock as it was.
START_TEST(a_host_with_threads_forks) {
  std::atomic<bool> stop = false;
  std::atomic<int> failures = 0;
  std::vector<std::jthread> threads;
  threads.reserve(8);
  for (int i = 0; i < 3; ++i) {
    threads.emplace_back([&] {
      while (!stop) failures += !quiet_login();
    });
  }
  for (int i = 0; i < 10; ++i) {
    Host host;
    host.use("");
    host.script(kGood);
    host.answers = {"1234"};
    host.start("nobody");
    const pid_t child = ::fork();
    if (child == 0) ::_exit(::pam_authenticate(host.handle(), 0) == PAM_SUCCESS ? 0 : 1);
    int status = -1;
    ck_assert_int_eq(::waitpid(child, &status, 0), child);
    ck_assert_msg(WIFEXITED(status) && WEXITSTATUS(status) == 0, "status %x", static_cast<unsigned>(status));
    host.end(PAM_SUCCESS);
  }
  stop = true;
  threads.clear();
  ck_assert_int_eq(failures, 0);
  check_no_child();
}
END_TEST

Suite* suite() {
  Suite* suite = suite_create("pam_jpki host");
  TCase* tests = tcase_create("host");
  tcase_set_timeout(tests, 60);
  tcase_add_test(tests, the_validator_starts_in_clean_surroundings);
  tcase_add_loop_test(tests, nothing_is_left_however_it_ends, 0, 7);
  tcase_add_loop_test(tests, a_silent_validator_is_killed_in_time, 0, static_cast<int>(std::size(kHanging)));
  tcase_add_test(tests, who_waits_is_told_so);
  tcase_add_loop_test(tests, who_knows_why_is_not_told_to_wait, 0, 2);
  tcase_add_test(tests, waiting_for_the_card_is_not_machine_time);
  tcase_add_test(tests, typing_is_not_machine_time);
  tcase_add_test(tests, two_attempts_share_one_timeout);
  tcase_add_test(tests, a_validator_that_does_not_end_is_killed);
  tcase_add_loop_test(tests, a_failing_conversation_is_reported_and_nothing_is_sent, 0, 6);
  tcase_add_test(tests, typed_pins_are_wiped);
  tcase_add_test(tests, a_host_that_ignores_its_children);
  tcase_add_test(tests, a_host_whose_sandbox_has_no_pidfds);
  tcase_add_test(tests, a_host_that_reaps_every_child);
  tcase_add_test(tests, other_children_are_left_alone);
  tcase_add_test(tests, a_host_without_standard_streams);
  tcase_add_loop_test(tests, a_host_short_of_descriptors, 0, 8);
  tcase_add_test(tests, eight_threads_log_in);
  tcase_add_test(tests, a_host_with_threads_forks);
  suite_add_tcase(suite, tests);
  return suite;
}

}  // namespace

// The module's calls of libc, observed.
#pragma GCC visibility push(default)
extern "C" void explicit_bzero(void* address, std::size_t size) noexcept {
  note_wiping(address, size);
}
// NOLINTNEXTLINE: the name is not ours
extern "C" void __explicit_bzero_chk(void* address, std::size_t size, std::size_t) noexcept;
extern "C" void __explicit_bzero_chk(void* address, std::size_t size, std::size_t) noexcept {
  note_wiping(address, size);
}
extern "C" int pidfd_open(pid_t pid, unsigned flags) noexcept;
extern "C" int pidfd_open(pid_t pid, unsigned flags) noexcept {
  if (pidfds_exist) return static_cast<int>(::syscall(SYS_pidfd_open, pid, flags));
  errno = ENOSYS;
  return -1;
}
#pragma GCC visibility pop

int main() {
  return jpki::test::run_suite(suite());
}
