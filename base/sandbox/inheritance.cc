// SPDX-License-Identifier: LGPL-2.1-or-later
#include "base/sandbox/inheritance.h"

#include "base/sandbox/inherited_cgroup.h"

#include <algorithm>
#include <array>
#include <climits>
#include <csignal>
#include <cstdlib>
#include <cstring>

#include <grp.h>
#include <sched.h>
#include <sys/auxv.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace jpki::sandbox {
namespace {

struct Limit {
  __rlimit_resource resource;
  rlim_t value;
};

// Enough for everything that our programs do before confine() lowers some further.
constexpr Limit kLimits[] = {
    {RLIMIT_CPU, RLIM_INFINITY},  // who started us has a deadline
    {RLIMIT_DATA, RLIM_INFINITY},
    {RLIMIT_STACK, rlim_t{8} << 20},
    {RLIMIT_CORE, 0},
    {RLIMIT_RSS, RLIM_INFINITY},
    {RLIMIT_NPROC, 16384},  // the helper user's, of all logins at once
    {RLIMIT_NOFILE, 1024},
    {RLIMIT_MEMLOCK, kLockableMemory},
    {RLIMIT_AS, RLIM_INFINITY},
    {RLIMIT_LOCKS, RLIM_INFINITY},
    {RLIMIT_SIGPENDING, 16384},
    {RLIMIT_MSGQUEUE, 0},
    {RLIMIT_NICE, 0},
    {RLIMIT_RTPRIO, 0},
    {RLIMIT_RTTIME, RLIM_INFINITY},
};
static_assert(std::size(kLimits) == RLIM_NLIMITS - 1);  // and RLIMIT_FSIZE

constexpr unsigned long kTimerSlack = 50'000;  // ns; what the kernel gives the first process
constexpr int kThisProcess = 1;                // IOPRIO_WHO_PROCESS, which has no header of glibc's

// What may not be raised is lowered at least.
void fix(const Limit& limit) {
  const rlimit wanted{limit.value, limit.value};
  if (::setrlimit(limit.resource, &wanted) == 0) return;
  rlimit held{};
  if (::getrlimit(limit.resource, &held) != 0) return;
  held.rlim_max = std::min(held.rlim_max, limit.value);
  held.rlim_cur = held.rlim_max;
  (void)::setrlimit(limit.resource, &held);
}

void become_root_as_a_whole() {
  if (::setresuid(0, 0, 0) != 0 || ::setresgid(0, 0, 0) != 0 || ::setgroups(0, nullptr) != 0) ::_exit(1);
}

// None of these can fail for root, but in a container that has taken the right away: then they stay.
void reset_scheduling() {
  const sched_param no_priority{};
  (void)::sched_setscheduler(0, SCHED_OTHER, &no_priority);
  (void)::setpriority(PRIO_PROCESS, 0, 0);
  (void)::syscall(SYS_ioprio_set, kThisProcess, 0, 0);
  cpu_set_t every_processor;
  std::memset(&every_processor, 0xff, sizeof every_processor);
  (void)::sched_setaffinity(0, sizeof every_processor, &every_processor);
  (void)::prctl(PR_SET_TIMERSLACK, kTimerSlack, 0, 0, 0);
}

bool has_root() {
  uid_t real = 0;
  uid_t effective = 0;
  uid_t saved = 0;
  return ::getresuid(&real, &effective, &saved) == 0 && (real == 0 || effective == 0 || saved == 0);
}

// Of who a set-user-ID or set-group-ID program was started by. Once they are the same, nothing here makes
// them differ again.
bool is_split() {
  return ::getuid() != ::geteuid() || ::getgid() != ::getegid();
}

}  // namespace

bool in_secure_execution() {
  return ::getauxval(AT_SECURE) != 0;
}

void leave_secure_execution(char* const* arguments) {
  if (!in_secure_execution() || !is_split() || !has_root()) return;
  become_root_as_a_whole();
  // By its name: the kernel would call the process "exe".
  std::array<char, PATH_MAX> path{};
  if (::readlink("/proc/self/exe", path.data(), path.size() - 1) <= 0) return;
  char* const environment[] = {nullptr};
  (void)::execve(path.data(), arguments, environment);
}

void shed_inheritance(const std::string& opensc_conf, std::uint64_t max_file_size) {
  ::clearenv();
  ::setenv("OPENSC_CONF", opensc_conf.c_str(), 1);
  if (has_root()) {
    become_root_as_a_whole();
    for (const Limit& limit : kLimits) fix(limit);
    fix({RLIMIT_FSIZE, max_file_size});
    reset_scheduling();
    if (!leave_foreign_cgroup(cgroup_files_of_system())) ::_exit(1);
  }
  ::closefrom(STDERR_FILENO + 1);
  ::umask(077);
  if (::chdir("/") != 0) ::_exit(1);
  for (const int of_writing : {SIGPIPE, SIGXFSZ}) ::signal(of_writing, SIG_IGN);
  ::signal(SIGCHLD, SIG_DFL);
}

}  // namespace jpki::sandbox
