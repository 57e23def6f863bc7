// SPDX-License-Identifier: LGPL-2.1-or-later
#include "base/sandbox/filter_rules.h"

#include "base/error_text.h"
#include "base/sandbox/sanitized.h"
#include "base/unique_fd.h"

#include <cerrno>
#include <initializer_list>
#include <memory>
#include <utility>

#include <fcntl.h>
#include <linux/sched.h>
#include <seccomp.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

namespace jpki::sandbox {
namespace {

using Names = std::initializer_list<const char*>;

// Names that an architecture does not have are passed over: the *64 and *_time64 ones are those of 32 bits.
constexpr Names kAlways = {
    // memory
    "brk", "munmap", "mremap", "madvise", "mlock", "mlock2", "munlock", "msync", "memfd_create",
    // descriptors that are open
    "read", "readv", "pread64", "preadv", "write", "writev", "pwrite64", "lseek", "_llseek", "close",
    "close_range", "dup", "dup2", "dup3", "fstat", "fstat64", "ftruncate", "ftruncate64", "pipe", "pipe2",
    "eventfd2", "poll", "ppoll", "ppoll_time64", "select", "_newselect", "pselect6", "pselect6_time64",
    "epoll_create1", "epoll_ctl", "epoll_wait", "epoll_pwait", "fstatfs", "fstatfs64",
    // files: Landlock says which
    "getdents64", "access", "faccessat", "faccessat2", "stat", "stat64", "lstat", "lstat64", "newfstatat",
    "fstatat64", "statx", "readlink", "readlinkat", "getcwd",
    // time
    "clock_gettime", "clock_gettime64", "clock_getres", "clock_getres_time64", "clock_nanosleep",
    "clock_nanosleep_time64", "nanosleep", "gettimeofday", "time", "setitimer",
    // threads and signals of our own
    "futex", "futex_time64", "sched_yield", "sched_getaffinity", "rt_sigaction", "rt_sigprocmask",
    "rt_sigreturn", "sigreturn", "sigaltstack", "restart_syscall", "exit", "exit_group",
    // who we are, where we are
    "getpid", "getppid", "gettid", "getuid", "getuid32", "geteuid", "geteuid32", "getgid", "getgid32",
    "getegid", "getegid32", "getresuid", "getresgid", "uname", "sysinfo", "getrandom", "getrusage",
    // of processes that were started before
    "wait4", "waitid"};

constexpr Names kThreads = {"set_robust_list", "rseq"};

constexpr Names kWriting = {"unlink",    "unlinkat",  "rename", "renameat", "renameat2", "fsync",
                            "fdatasync", "fallocate", "flock",  "umask",    "statfs",    "statfs64"};

// On sockets that are connected, or that socket(2), whose families are checked, has made.
constexpr Names kSockets = {"connect",  "getsockname", "getpeername", "getsockopt", "setsockopt",
                            "shutdown", "sendto",      "send",        "sendmsg",    "sendmmsg",
                            "recvfrom", "recv",        "recvmsg"};

constexpr std::initializer_list<int> kFcntl = {
    F_DUPFD, F_DUPFD_CLOEXEC, F_GETFD,     F_SETFD,     F_GETFL,      F_SETFL,     F_GETLK,
    F_SETLK, F_SETLKW,        F_OFD_GETLK, F_OFD_SETLK, F_OFD_SETLKW, F_ADD_SEALS, F_GET_SEALS};

// clone(2) that makes a thread: not a process, and no name space.
constexpr scmp_datum_t kCloneMask = CLONE_THREAD | CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS |
                                    CLONE_NEWIPC | CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNET;
#if defined(__s390x__)
constexpr unsigned kCloneFlags = 1;
#else
constexpr unsigned kCloneFlags = 0;
#endif

// Of a kernel that has both ends. The one that runs the build does not matter.
constexpr unsigned kApiLevel = 3;
constexpr std::uint32_t kEnd = kSanitized ? SCMP_ACT_LOG : SCMP_ACT_KILL_PROCESS;

// These bits of an argument have this value.
constexpr scmp_arg_cmp masked(unsigned argument, scmp_datum_t mask, scmp_datum_t value) {
  return {argument, SCMP_CMP_MASKED_EQ, mask, value};
}

// An int: the kernel does not look at the upper half of its register.
constexpr scmp_arg_cmp is(unsigned argument, std::uint32_t value) {
  return masked(argument, 0xffffffff, value);
}
constexpr scmp_arg_cmp is(unsigned argument, int value) {
  return is(argument, static_cast<std::uint32_t>(value));
}

// Collects rules; the first failure is kept.
class Rules {
 public:
  Rules() : context_(::seccomp_init(kEnd)) {
    if (context_ == nullptr) error_ = -ENOMEM;
    // Binary search, not a chain: the filter is asked for each call.
    set(SCMP_FLTATR_CTL_OPTIMIZE, 2);
    set(SCMP_FLTATR_ACT_BADARCH, kEnd);
  }

  template <class... Comparisons>
  void add(std::uint32_t action, const char* name, Comparisons... comparisons) {
    const int number = ::seccomp_syscall_resolve_name(name);
    if (number < 0 || error_ != 0) return;
    error_ = ::seccomp_rule_add(context_.get(), action, number, sizeof...(comparisons), comparisons...);
  }
  void allow(Names names) {
    for (const char* name : names) add(SCMP_ACT_ALLOW, name);
  }
  void set(scmp_filter_attr attribute, std::uint32_t value) {
    if (error_ == 0) error_ = ::seccomp_attr_set(context_.get(), attribute, value);
  }

  Expected<Filter, std::string> compile();

 private:
  std::unique_ptr<void, decltype([](void* context) { ::seccomp_release(context); })> context_;
  int error_ = 0;
};

Expected<Filter, std::string> Rules::compile() {
  if (error_ != 0) return Unexpected{std::string(error_text(-error_))};
  const UniqueFd file(::memfd_create("filter", MFD_CLOEXEC));
  if (!file.valid()) return Unexpected{std::string(error_text(errno))};
  if (const int error = ::seccomp_export_bpf(context_.get(), file.get()); error != 0)
    return Unexpected{std::string(error_text(-error))};
  struct stat status {};
  if (::fstat(file.get(), &status) != 0) return Unexpected{std::string(error_text(errno))};
  Filter filter(static_cast<std::size_t>(status.st_size) / sizeof(sock_filter));
  const ssize_t size = ::pread(file.get(), filter.data(), filter.size() * sizeof(sock_filter), 0);
  if (filter.empty() || size != status.st_size) return Unexpected{std::string("the filter cannot be read")};
  return filter;
}

void allow_memory(Rules& rules) {
  // Nothing that was data becomes code.
  for (const char* name : {"mmap", "mmap2", "mprotect"})
    rules.add(SCMP_ACT_ALLOW, name, masked(2, PROT_EXEC, 0));
}

// A file of the set-user-ID, set-group-ID or sticky kind outlives the process that made it, and its rights
// may be those of root: no mode has these bits, whether a file is made or changed.
constexpr scmp_datum_t kSpecialMode = S_ISUID | S_ISGID | S_ISVTX;
constexpr scmp_datum_t kMakesFile = O_CREAT | (O_TMPFILE & ~O_DIRECTORY);

void allow_files(Rules& rules, bool writing) {
  // Without a file that is made, what is in the place of the mode means nothing.
  for (const auto& [name, flags] : {std::pair("open", 1u), std::pair("openat", 2u)}) {
    rules.add(SCMP_ACT_ALLOW, name, masked(flags, kMakesFile, 0));
    rules.add(SCMP_ACT_ALLOW, name, masked(flags + 1, kSpecialMode, 0));
  }
  if (!writing) return;
  rules.allow(kWriting);
  rules.add(SCMP_ACT_ALLOW, "fchmod", masked(1, kSpecialMode, 0));
  // To a group that the process is in; no other owner.
  rules.add(SCMP_ACT_ALLOW, "fchown", is(1, ~std::uint32_t{0}));
  rules.add(SCMP_ACT_ALLOW, "fchown32", is(1, ~std::uint32_t{0}));
}

void allow_descriptors(Rules& rules) {
  for (const char* name : {"fcntl", "fcntl64"})
    for (const int command : kFcntl) rules.add(SCMP_ACT_ALLOW, name, is(1, command));
  rules.add(SCMP_ACT_ALLOW, "ioctl", is(1, FIONREAD));
  rules.add(SCMP_ACT_ALLOW, "ioctl", is(1, FIONBIO));
  // stdio asks whether it writes to a terminal.
  rules.add(SCMP_ACT_ERRNO(ENOTTY), "ioctl", is(1, TCGETS));
}

void allow_own_process(Rules& rules, std::uint32_t own_process) {
  rules.add(SCMP_ACT_ALLOW, "tgkill", is(0, own_process));  // raise(3), abort(3)
  // sysconf(3) reads limits; a new value (third argument) is never set.
  rules.add(SCMP_ACT_ALLOW, "prlimit64", is(0, 0), masked(2, ~scmp_datum_t{0}, 0));
  rules.add(SCMP_ACT_ALLOW, "getrlimit");
  rules.add(SCMP_ACT_ALLOW, "ugetrlimit");
}

void allow_threads(Rules& rules) {
  rules.allow(kThreads);
  rules.add(SCMP_ACT_ALLOW, "clone", masked(kCloneFlags, kCloneMask, CLONE_THREAD));
  // Its flags are in memory, where a filter cannot look; glibc then takes clone(2).
  rules.add(SCMP_ACT_ERRNO(ENOSYS), "clone3");
}

void allow_sockets(Rules& rules, const SystemCalls& allowed) {
  rules.allow(kSockets);
  if (allowed.unix_sockets) rules.add(SCMP_ACT_ALLOW, "socket", is(0, AF_UNIX));
  if (!allowed.internet_sockets) return;
  rules.add(SCMP_ACT_ALLOW, "socket", is(0, AF_INET));
  rules.add(SCMP_ACT_ALLOW, "socket", is(0, AF_INET6));
  // A pair is connected to nobody; libcurl wakes its threads by one.
  rules.add(SCMP_ACT_ALLOW, "socketpair", is(0, AF_UNIX));
  // getaddrinfo(3) asks nscd, and by netlink which families this machine has, and does without.
  for (const int family : {AF_UNIX, AF_NETLINK})
    if (family != AF_UNIX || !allowed.unix_sockets)
      rules.add(SCMP_ACT_ERRNO(EAFNOSUPPORT), "socket", is(0, family));
}

}  // namespace

Expected<Filter, std::string> compile_rules(const SystemCalls& allowed, std::uint32_t own_process) {
  if (::seccomp_api_set(kApiLevel) != 0) return Unexpected{std::string("libseccomp is too old")};
  Rules rules;
  rules.allow(kAlways);
  allow_memory(rules);
  allow_files(rules, allowed.writing);
  allow_descriptors(rules);
  allow_own_process(rules, own_process);
  // A channel is a socket that was open before.
  allow_sockets(rules, allowed);
  if (allowed.threads) allow_threads(rules);
  // No new pidfd can be had, so it reaches only who is known by one already.
  if (allowed.helpers) rules.add(SCMP_ACT_ALLOW, "pidfd_send_signal");
  return rules.compile();
}

}  // namespace jpki::sandbox
