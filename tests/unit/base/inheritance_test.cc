// SPDX-License-Identifier: LGPL-2.1-or-later
//
// What a set-user-ID host's caller chose does not live on in a program of ours.
#include "base/sandbox/inheritance.h"

#include "base/sandbox/sanitized.h"
#include "tests/unit/support/check_main.h"

#include <array>
#include <csignal>
#include <functional>
#include <new>

#include <fcntl.h>
#include <grp.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

namespace {

using namespace jpki;

bool is_root() {
  return ::geteuid() == 0;
}

START_TEST(nothing_of_the_environment_survives_but_our_own_setting) {
  for (const char* name : {"OPENSC_CONF", "P11_KIT_DEBUG", "PCSCLITE_CSOCK_NAME", "SOFTHSM2_CONF", "HOME",
                           "LD_PRELOAD", "XDG_CONFIG_HOME", "LANG", "PATH"})
    ck_assert_int_eq(::setenv(name, "/tmp/evil", 1), 0);
  sandbox::shed_inheritance("/usr/share/jpki/opensc.conf");
  ck_assert_str_eq(environ[0], "OPENSC_CONF=/usr/share/jpki/opensc.conf");
  ck_assert_ptr_null(environ[1]);
}
END_TEST

START_TEST(descriptors_directory_umask_and_signals_are_reset) {
  const int open_file = ::open("/dev/null", O_RDONLY);
  ck_assert_int_gt(open_file, 2);
  ::umask(0);
  ck_assert_int_eq(::chdir("/tmp"), 0);
  ::signal(SIGCHLD, SIG_IGN);
  sandbox::shed_inheritance("x");
  ck_assert_int_eq(::fcntl(open_file, F_GETFD), -1);
  ck_assert_int_eq(::umask(0), 077);
  std::array<char, 16> directory{};
  ck_assert_str_eq(::getcwd(directory.data(), directory.size()), "/");
  for (const int signal : {SIGPIPE, SIGXFSZ, SIGCHLD}) {
    struct sigaction action {};
    ck_assert_int_eq(::sigaction(signal, nullptr, &action), 0);
    ck_assert(action.sa_handler == (signal == SIGCHLD ? SIG_DFL : SIG_IGN));
  }
}
END_TEST

// CAP_SYS_RESOURCE, which some containers take away: without it limits can only be lowered.
bool may_raise_limits() {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);)
    if (line.starts_with("CapEff:")) return (std::stoull(line.substr(7), nullptr, 16) >> 24 & 1) != 0;
  return false;
}

// At the end of a sanitized test it needs a process and its files.
bool is_for_leak_check(int resource) {
  return sandbox::kSanitized && (resource == RLIMIT_NPROC || resource == RLIMIT_NOFILE);
}

using Limits = std::array<rlimit, RLIM_NLIMITS>;

Limits limits_now() {
  Limits limits{};
  for (int resource = 0; resource < RLIM_NLIMITS; ++resource)
    ::getrlimit(static_cast<__rlimit_resource>(resource), &limits[static_cast<std::size_t>(resource)]);
  return limits;
}

// The limits of a child that does this. Check takes another clock in a process that may have no timer, and
// then the time of a test is none.
Limits limits_after(const std::function<void()>& act) {
  void* const shared =
      ::mmap(nullptr, sizeof(Limits), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  ck_assert(shared != MAP_FAILED);
  auto* const limits = new (shared) Limits{};
  const pid_t child = ::fork();
  ck_assert_int_ge(child, 0);
  if (child == 0) {
    act();
    *limits = limits_now();
    ::_exit(0);
  }
  int status = -1;
  ck_assert_int_eq(::waitpid(child, &status, 0), child);
  ck_assert_int_eq(status, 0);
  const Limits found = *limits;
  ::munmap(shared, sizeof(Limits));
  return found;
}

void lower_all_limits(bool raises) {
  const rlimit nothing{0, 0};
  for (int resource = 0; resource < RLIM_NLIMITS; ++resource) {
    const bool ends_us = resource == RLIMIT_AS || resource == RLIMIT_DATA || resource == RLIMIT_STACK ||
                         resource == RLIMIT_CPU || (resource == RLIMIT_FSIZE && !raises) ||
                         (resource == RLIMIT_NOFILE && !raises) ||  // its control group is a file
                         (is_for_leak_check(resource) && !raises);
    if (!ends_us) ::setrlimit(static_cast<__rlimit_resource>(resource), &nothing);
  }
}

// Every limit that there is, at 0: raised again, but for those that are to be 0.
START_TEST(limits_of_nothing_are_raised) {
  if (!is_root()) return;
  const bool raises = may_raise_limits();
  const Limits limits = limits_after([&] {
    lower_all_limits(raises);
    sandbox::shed_inheritance("x");
  });
  for (const int resource : {RLIMIT_NPROC, RLIMIT_NOFILE, RLIMIT_MEMLOCK, RLIMIT_LOCKS, RLIMIT_SIGPENDING,
                             RLIMIT_RSS, RLIMIT_RTTIME})
    if (!is_for_leak_check(resource) && (raises || resource != RLIMIT_NOFILE))
      ck_assert_msg((limits.at(static_cast<std::size_t>(resource)).rlim_cur != 0) == raises, "limit %d",
                    resource);
  for (const int resource : {RLIMIT_CORE, RLIMIT_MSGQUEUE, RLIMIT_NICE, RLIMIT_RTPRIO})
    ck_assert_msg(limits.at(static_cast<std::size_t>(resource)).rlim_cur == 0, "limit %d", resource);
  ck_assert(limits.at(RLIMIT_FSIZE).rlim_cur != 0);
  for (const rlimit& limit : limits) ck_assert(limit.rlim_cur == limit.rlim_max);
}
END_TEST

START_TEST(what_is_unlimited_becomes_limited) {
  if (!is_root()) return;
  for (const auto resource : {RLIMIT_FSIZE, RLIMIT_CORE, RLIMIT_STACK}) {
    rlimit most{};
    ck_assert_int_eq(::getrlimit(resource, &most), 0);
    most.rlim_cur = most.rlim_max;
    ck_assert_int_eq(::setrlimit(resource, &most), 0);
  }
  sandbox::shed_inheritance("x");
  const Limits limits = limits_now();
  ck_assert(limits.at(RLIMIT_CORE).rlim_max == 0);
  for (const int resource : {RLIMIT_FSIZE, RLIMIT_STACK})
    ck_assert(limits.at(static_cast<std::size_t>(resource)).rlim_max != RLIM_INFINITY);
}
END_TEST

START_TEST(the_size_of_files_is_what_the_program_says) {
  if (!is_root() || !may_raise_limits()) return;
  for (const rlim_t most : {rlim_t{1} << 20, rlim_t{4} << 30}) {
    sandbox::shed_inheritance("x", most);
    ck_assert(limits_now().at(RLIMIT_FSIZE).rlim_max == most);
  }
}
END_TEST

START_TEST(identity_is_root_as_a_whole) {
  if (!is_root()) return;
  const std::array<gid_t, 2> groups{5, 6};
  ck_assert_int_eq(::setgroups(groups.size(), groups.data()), 0);
  ck_assert_int_eq(::setresgid(1234, 1234, 1234), 0);
  ck_assert_int_eq(::setresuid(1234, 0, 0), 0);  // as a set-user-ID program has it
  sandbox::shed_inheritance("x");
  uid_t uid[3] = {1, 1, 1};
  gid_t gid[3] = {1, 1, 1};
  ck_assert_int_eq(::getresuid(&uid[0], &uid[1], &uid[2]), 0);
  ck_assert_int_eq(::getresgid(&gid[0], &gid[1], &gid[2]), 0);
  for (int i = 0; i < 3; ++i) ck_assert(uid[i] == 0 && gid[i] == 0);
  ck_assert_int_eq(::getgroups(0, nullptr), 0);
}
END_TEST

// A host that has a user's effective id and can still be root.
START_TEST(identity_is_root_where_root_is_only_saved) {
  if (!is_root()) return;
  ck_assert_int_eq(::setresuid(1234, 1234, 0), 0);
  sandbox::shed_inheritance("x");
  ck_assert_uint_eq(::getuid(), 0);
  ck_assert_uint_eq(::geteuid(), 0);
}
END_TEST

// Nobody gains by it: neither identity nor limits.
START_TEST(who_is_not_root_stays_who_they_are) {
  if (is_root()) ck_assert_int_eq(::setresuid(1234, 1234, 1234), 0);
  const uid_t before = ::getuid();
  const rlimit few{16, 16};
  ck_assert_int_eq(::setrlimit(RLIMIT_NOFILE, &few), 0);
  sandbox::shed_inheritance("x");
  ck_assert_uint_eq(::getuid(), before);
  ck_assert_uint_eq(::geteuid(), before);
  rlimit limit{};
  ck_assert_int_eq(::getrlimit(RLIMIT_NOFILE, &limit), 0);
  ck_assert_uint_eq(limit.rlim_max, 16);
}
END_TEST

START_TEST(scheduling_is_normal) {
  if (!is_root()) return;
  constexpr int kThisProcess = 1;
  constexpr int kIdleClass = 3 << 13;
  const sched_param no_priority{};
  cpu_set_t first;
  CPU_ZERO(&first);
  ck_assert_int_eq(::sched_getaffinity(0, sizeof first, &first), 0);
  const int processors = CPU_COUNT(&first);
  for (int cpu = 0, kept = 0; cpu < CPU_SETSIZE; ++cpu)
    if (CPU_ISSET(cpu, &first) && kept++ > 0) CPU_CLR(cpu, &first);
  ck_assert_int_eq(::sched_setaffinity(0, sizeof first, &first), 0);
  ck_assert_int_eq(::setpriority(PRIO_PROCESS, 0, 19), 0);
  ck_assert_int_eq(::sched_setscheduler(0, SCHED_IDLE, &no_priority), 0);
  ck_assert_int_eq(static_cast<int>(::syscall(SYS_ioprio_set, kThisProcess, 0, kIdleClass)), 0);
  ck_assert_int_eq(::prctl(PR_SET_TIMERSLACK, 4'000'000'000UL, 0, 0, 0), 0);
  sandbox::shed_inheritance("x");
  ck_assert_int_eq(::getpriority(PRIO_PROCESS, 0), 0);
  ck_assert_int_eq(::sched_getscheduler(0), SCHED_OTHER);
  ck_assert_int_ne(static_cast<int>(::syscall(SYS_ioprio_get, kThisProcess, 0)) >> 13, 3);
  ck_assert_int_eq(::prctl(PR_GET_TIMERSLACK, 0, 0, 0, 0), 50'000);
  cpu_set_t all;
  ck_assert_int_eq(::sched_getaffinity(0, sizeof all, &all), 0);
  ck_assert_int_eq(CPU_COUNT(&all), processors);
}
END_TEST

Suite* inheritance_suite() {
  Suite* suite = suite_create("inheritance");
  TCase* tests = tcase_create("inheritance");
  for (const TTest* test : {nothing_of_the_environment_survives_but_our_own_setting,
                            descriptors_directory_umask_and_signals_are_reset, limits_of_nothing_are_raised,
                            what_is_unlimited_becomes_limited, the_size_of_files_is_what_the_program_says,
                            identity_is_root_as_a_whole, identity_is_root_where_root_is_only_saved,
                            who_is_not_root_stays_who_they_are, scheduling_is_normal})
    tcase_add_test(tests, test);
  suite_add_tcase(suite, tests);
  return suite;
}

}  // namespace

int main() {
  return jpki::test::run_suite(inheritance_suite());
}
