// SPDX-License-Identifier: LGPL-2.1-or-later
#include "base/sandbox/confinement.h"

#include "base/sandbox/sanitized.h"
#include "tests/unit/base/confined_actions.h"

#include <array>
#include <csignal>
#include <sstream>
#include <thread>

#include <fcntl.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>

namespace {

using namespace jpki;
using namespace jpki::test;
using sandbox::Confinement;

constexpr char kKilled[] = "signal SYS";

// The processes of the product.
enum class As {
  kValidator,
  kFetch,
  kRefresh,
  kRooted
};  // kRooted: the validator, where it has a root of its own

Confinement confinement_as(As as, const World& world) {
  switch (as) {
    case As::kValidator:
      return {
          .unix_sockets = true, .readable = {world.path("readable")}, .writable = {world.path("writable")}};
    case As::kRooted: {
      Confinement confinement = confinement_as(As::kValidator, world);
      confinement.services = {world.path("service")};
      confinement.helpers = true;
      return confinement;
    }
    case As::kFetch:
      return {
          .internet_sockets = true, .threads = true, .readable = {"/etc/hosts", world.path("readable/file")}};
    case As::kRefresh:
      return {.writable = {world.path("writable")}};
  }
  return {};
}

struct Trial {
  const char* what;
  As as;
  int (*action)(const World&);
  const char* end;
};

// --- what stays possible ----------------------------------------------------------------------------
const Trial kPossible[] = {
    {"read a given file", As::kValidator,
     [](const World& w) { return open_for(w.path("readable/file"), O_RDONLY); }, "ok"},
    {"list a given directory", As::kValidator,
     [](const World& w) { return open_for(w.path("readable"), O_RDONLY | O_DIRECTORY); }, "ok"},
    {"make, write, rename, remove a file", As::kValidator, write_a_file, "ok"},
    {"the same", As::kRefresh, write_a_file, "ok"},
    {"look whether a file is there", As::kValidator,
     [](const World&) {
       struct stat status {};
       return result(::stat("/etc/passwd", &status));
     },
     "ok"},
    {"open a file, whatever is where a mode would be", As::kRefresh,
     [](const World& w) {
       return result(::syscall(SYS_openat, AT_FDCWD, w.path("writable/file").c_str(), O_RDWR, 07777));
     },
     "ok"},
    {"change a mode", As::kRefresh,
     [](const World& w) {
       return result(::fchmod(::open(w.path("writable/file").c_str(), O_RDWR | O_CLOEXEC), 0777));
     },
     "ok"},
    {"give a file to a group of one's own", As::kRefresh,
     [](const World& w) { return give(w, static_cast<uid_t>(-1), ::getegid()); }, "ok"},
    {"set an alarm", As::kFetch,
     [](const World&) {
       const itimerval span{{0, 0}, {60, 0}};
       return result(::setitimer(ITIMER_REAL, &span, nullptr));
     },
     "ok"},
    {"keep bytes in memory", As::kValidator, keep_bytes_in_memory, "ok"},
    {"connect to a local service", As::kValidator,
     [](const World& w) { return result(w.connect_unix(::socket(AF_UNIX, SOCK_STREAM, 0))); }, "ok"},
    {"connect to the service", As::kRooted,
     [](const World& w) { return result(w.connect_unix(::socket(AF_UNIX, SOCK_STREAM, 0))); }, "ok"},
    {"read a given file", As::kRooted,
     [](const World& w) { return open_for(w.path("readable/file"), O_RDONLY); }, "ok"},
    {"make, write, rename, remove a file", As::kRooted, write_a_file, "ok"},
    {"connect to a server", As::kFetch,
     [](const World& w) { return result(w.connect_tcp(::socket(AF_INET, SOCK_STREAM, 0))); }, "ok"},
    {"look a host up", As::kFetch, resolve_localhost, "ok"},
    {"start a thread", As::kFetch, start_thread, "ok"},
    {"read a given file", As::kFetch,
     [](const World& w) { return open_for(w.path("readable/file"), O_RDONLY); }, "ok"},
    {"ask whether this is a terminal", As::kValidator,
     [](const World&) {
       const int fd = ::memfd_create("file", 0);
       return ::isatty(fd) == 1 ? 0 : errno;
     },
     "ENOTTY"},
    {"give up", As::kValidator, [](const World&) { return ::raise(SIGUSR1); }, "signal USR1"},
    {"abort, without a core", As::kValidator, dump_core, "signal ABRT"},
    {"write more than is allowed", As::kValidator, write_too_much, "signal XFSZ"},
};

// --- what does not ----------------------------------------------------------------------------------
const Trial kForbidden[] = {
    // Files: Landlock
    {"read /etc/passwd", As::kValidator, [](const World&) { return open_for("/etc/passwd", O_RDONLY); },
     "EACCES"},
    {"read it by another way", As::kValidator,
     [](const World&) { return open_for("/proc/self/root/etc/passwd", O_RDONLY); }, "EACCES"},
    {"read it", As::kFetch, [](const World&) { return open_for("/etc/passwd", O_RDONLY); }, "EACCES"},
    {"read it", As::kRefresh, [](const World&) { return open_for("/etc/passwd", O_RDONLY); }, "EACCES"},
    {"list /etc", As::kValidator, [](const World&) { return open_for("/etc", O_RDONLY | O_DIRECTORY); },
     "EACCES"},
    {"read a neighbour", As::kValidator,
     [](const World& w) { return open_for(w.path("outside/file"), O_RDONLY); }, "EACCES"},
    {"write a readable file", As::kValidator,
     [](const World& w) { return open_for(w.path("readable/file"), O_WRONLY); }, "EACCES"},
    {"truncate a readable file", As::kValidator,
     [](const World& w) { return open_for(w.path("readable/file"), O_RDONLY | O_TRUNC); }, "EACCES"},
    {"make a file elsewhere", As::kValidator,
     [](const World& w) { return open_for(w.path("outside/new"), O_WRONLY | O_CREAT); }, "EACCES"},
    {"make a file in /tmp", As::kRefresh, [](const World&) { return open_for("/tmp", O_TMPFILE | O_RDWR); },
     "EACCES"},
    {"rename outwards", As::kValidator,
     [](const World& w) {
       return result(::rename(w.path("writable/file").c_str(), w.path("outside/new").c_str()));
     },
     "EACCES"},
    {"remove elsewhere", As::kValidator,
     [](const World& w) { return result(::unlink(w.path("outside/file").c_str())); }, "EACCES"},
    {"write at all", As::kFetch, [](const World& w) { return open_for(w.path("writable/file"), O_WRONLY); },
     "EACCES"},
    {"remove", As::kFetch, [](const World& w) { return result(::unlink(w.path("writable/file").c_str())); },
     kKilled},
    {"mkdir", As::kValidator,
     [](const World& w) { return result(::mkdir(w.path("writable/d").c_str(), 0700)); }, kKilled},
    {"symlink", As::kValidator,
     [](const World& w) { return result(::symlink("/etc/passwd", w.path("writable/l").c_str())); }, kKilled},
    {"chmod", As::kValidator,
     [](const World& w) { return result(::chmod(w.path("outside/file").c_str(), 0777)); }, kKilled},
    {"chown", As::kValidator,
     [](const World& w) { return result(::chown(w.path("outside/file").c_str(), 0, 0)); }, kKilled},
    {"fchown", As::kRefresh, [](const World& w) { return give(w, ::geteuid(), static_cast<gid_t>(-1)); },
     kKilled},
    {"fchown", As::kFetch,
     [](const World&) { return result(::fchown(0, static_cast<uid_t>(-1), ::getegid())); }, kKilled},
    // A file that root made would be a way back to root.
    {"set-user-ID by fchmod", As::kRefresh, make_special<S_ISUID, change_mode>, kKilled},
    {"set-group-ID by fchmod", As::kRefresh, make_special<S_ISGID, change_mode>, kKilled},
    {"sticky by fchmod", As::kValidator, make_special<S_ISVTX, change_mode>, kKilled},
    {"set-user-ID by open", As::kRefresh, make_special<S_ISUID, make_by_open>, kKilled},
    {"set-group-ID by open", As::kRefresh, make_special<S_ISGID, make_by_open>, kKilled},
    {"set-user-ID by openat", As::kRefresh, make_special<S_ISUID, make_by_openat>, kKilled},
    {"set-user-ID by openat", As::kValidator, make_special<S_ISUID, make_by_openat>, kKilled},
    {"set-user-ID without a name", As::kRefresh, make_special<S_ISUID, make_nameless>, kKilled},
#if defined(SYS_creat)
    {"set-user-ID by creat", As::kRefresh,
     [](const World& w) { return result(::syscall(SYS_creat, w.path("writable/s").c_str(), 04755)); },
     kKilled},
#endif
    {"set-user-ID by fchmodat2", As::kRefresh, call<452>, kKilled},
    // Programs and processes
    {"exec", As::kValidator, start_program, kKilled},
    {"exec", As::kFetch, start_program, kKilled},
    {"exec", As::kRefresh, start_program, kKilled},
    {"execveat", As::kValidator, call<SYS_execveat>, kKilled},
    {"fork", As::kValidator, fork_once, kKilled},
    {"fork", As::kFetch, fork_once, kKilled},
    {"fork", As::kRefresh, fork_once, kKilled},
    {"thread", As::kValidator, start_thread, kKilled},
    {"unshare", As::kValidator, [](const World&) { return result(::unshare(CLONE_NEWUSER)); }, kKilled},
    {"a name space by clone", As::kFetch,
     [](const World&) { return result(::syscall(SYS_clone, CLONE_NEWUSER | SIGCHLD, 0, 0, 0, 0)); }, kKilled},
    {"setns", As::kValidator, call<SYS_setns>, kKilled},
    {"mount", As::kValidator, call<SYS_mount>, kKilled},
    {"chroot", As::kValidator, call<SYS_chroot>, kKilled},
    {"signal the parent", As::kValidator, [](const World&) { return result(::kill(::getppid(), SIGCONT)); },
     kKilled},
    {"signal the parent's thread", As::kFetch,
     [](const World&) { return result(::syscall(SYS_tgkill, ::getppid(), ::getppid(), SIGCONT)); }, kKilled},
    {"signal by a pidfd", As::kRefresh, call<SYS_pidfd_send_signal>, kKilled},
    {"pidfd_open", As::kValidator, call<SYS_pidfd_open>, kKilled},
    {"own somebody's SIGIO", As::kValidator,
     [](const World&) { return result(::fcntl(0, F_SETOWN, ::getppid())); }, kKilled},
    {"ptrace", As::kValidator,
     [](const World&) { return result(::ptrace(PTRACE_ATTACH, ::getppid(), nullptr, nullptr)); }, kKilled},
    {"process_vm_readv", As::kFetch, read_parents_memory, kKilled},
    {"process_vm_writev", As::kValidator, call<SYS_process_vm_writev>, kKilled},
    // Sockets
    {"AF_INET", As::kValidator, family_socket<AF_INET>, kKilled},
    {"AF_INET6", As::kValidator, family_socket<AF_INET6>, kKilled},
    {"AF_NETLINK", As::kValidator, family_socket<AF_NETLINK>, kKilled},
    {"AF_PACKET", As::kValidator, family_socket<AF_PACKET>, kKilled},
    {"AF_ALG", As::kValidator, family_socket<AF_ALG>, kKilled},
    {"AF_VSOCK", As::kFetch, family_socket<AF_VSOCK>, kKilled},
    {"AF_PACKET", As::kFetch, family_socket<AF_PACKET>, kKilled},
    {"AF_UNIX", As::kFetch, family_socket<AF_UNIX>, "EAFNOSUPPORT"},
    {"AF_NETLINK", As::kFetch, family_socket<AF_NETLINK>, "EAFNOSUPPORT"},
    {"AF_UNIX", As::kRefresh, family_socket<AF_UNIX>, kKilled},
    {"AF_INET", As::kRefresh, family_socket<AF_INET>, kKilled},
    {"another service", As::kRooted,
     [](const World& w) {
       return result(w.connect_unix(::socket(AF_UNIX, SOCK_STREAM, 0), World::kOtherService));
     },
     "ENOENT"},
    {"an abstract socket", As::kRooted,
     [](const World& w) {
       if (w.connect_abstract(::socket(AF_UNIX, SOCK_STREAM, 0)) == 0) return 0;
       return errno == ECONNREFUSED ? EPERM : errno;  // by a network namespace, or by Landlock
     },
     "EPERM"},
    {"see what is there", As::kRooted,
     [](const World&) {
       struct stat status {};
       return result(::stat("/etc/passwd", &status));
     },
     "ENOENT"},
    {"make a file above", As::kRooted, [](const World&) { return open_for("/new", O_WRONLY | O_CREAT); },
     "EROFS"},
    {"mount", As::kRooted, call<SYS_mount>, kKilled},
    {"another name space", As::kRooted, [](const World&) { return result(::unshare(CLONE_NEWNS)); }, kKilled},
    {"bind", As::kFetch, call<SYS_bind>, kKilled},
    {"listen", As::kValidator, call<SYS_listen>, kKilled},
    // Memory
    {"executable memory", As::kValidator, map_executable, kKilled},
    {"executable memory", As::kFetch, map_executable, kKilled},
    {"make memory executable", As::kValidator, make_executable, kKilled},
    {"much memory", As::kValidator, use_too_much_memory, "ENOMEM"},
    // Identity and limits
    {"setuid(0)", As::kValidator, [](const World&) { return result(::setuid(0)); }, kKilled},
    {"setgid(0)", As::kRefresh, [](const World&) { return result(::setgid(0)); }, kKilled},
    {"capset", As::kValidator, call<SYS_capset>, kKilled},
    {"be dumpable", As::kValidator, [](const World&) { return result(::prctl(PR_SET_DUMPABLE, 1, 0, 0, 0)); },
     kKilled},
    {"raise a limit", As::kValidator,
     [](const World&) {
       const rlimit limit{1, 1};
       return result(::setrlimit(RLIMIT_CORE, &limit));
     },
     kKilled},
    // Wide parts of the kernel
    {"bpf", As::kValidator, call<SYS_bpf>, kKilled},
    {"io_uring", As::kValidator, call<SYS_io_uring_setup>, kKilled},
    {"userfaultfd", As::kValidator, call<SYS_userfaultfd>, kKilled},
    {"keyctl", As::kValidator, call<SYS_keyctl>, kKilled},
    {"perf_event_open", As::kValidator, call<SYS_perf_event_open>, kKilled},
    {"seccomp", As::kValidator, call<SYS_seccomp>, kKilled},
    {"personality", As::kValidator, call<SYS_personality>, kKilled},
    {"type into the terminal", As::kValidator, [](const World&) { return result(::ioctl(0, TIOCSTI, "x")); },
     kKilled},
#if defined(__x86_64__)
    {"the x32 calls", As::kValidator, call<0x40000000 + SYS_getpid>, kKilled},
#endif
};

void expect_end(const Trial& trial) {
  if (trial.as == As::kRooted && !has_user_namespaces()) return;
  const World world;
  const std::string end =
      test::try_confined(confinement_as(trial.as, world), [&] { return trial.action(world); });
  ck_assert_msg(end == trial.end, "%s: %s instead of %s", trial.what, end.c_str(), trial.end);
}

START_TEST(what_is_needed_stays_possible) {
  expect_end(kPossible[_i]);
}
END_TEST

START_TEST(what_is_not_needed_is_forbidden) {
  expect_end(kForbidden[_i]);
}
END_TEST

int connect_to(const std::string& path) {
  sockaddr_un name{};
  name.sun_family = AF_UNIX;
  std::memcpy(name.sun_path, path.c_str(), path.size() + 1);
  return result(
      ::connect(::socket(AF_UNIX, SOCK_STREAM, 0), reinterpret_cast<const sockaddr*>(&name), sizeof name));
}

START_TEST(a_pinned_socket_is_that_socket_or_none) {
  if (!has_user_namespaces()) return;
  const World world;
  const int pinned = ::open(world.path(World::kService).c_str(), O_PATH | O_CLOEXEC);
  const std::string name = "/proc/self/fd/" + std::to_string(pinned);
  const auto end = [&](const char* found_at, const std::string& wanted) {
    sandbox::Confinement confinement{.unix_sockets = true};
    confinement.pinned = {pinned, world.path(found_at)};
    return test::try_confined(confinement, [&] { return connect_to(wanted); });
  };
  ck_assert(end(World::kService, name) == "ok");
  ck_assert(end(World::kService, world.path(World::kService)) == "ENOENT");
  ck_assert(end(World::kService, world.path(World::kOtherService)) == "ENOENT");
  // Something else was put at its path.
  ck_assert(end(World::kOtherService, name) == "ENOENT");
  ck_assert(end("outside/none", name) == "ENOENT");
  ::close(pinned);
}
END_TEST

// Every action above means something: outside it does not end by SIGSYS or EACCES.
START_TEST(outside_the_same_is_not_forbidden) {
  const World world;
  ck_assert_int_eq(open_for("/etc/passwd", O_RDONLY), 0);
  ck_assert_int_eq(world.connect_unix(::socket(AF_UNIX, SOCK_STREAM, 0), World::kOtherService), 0);
  ck_assert_int_eq(world.connect_abstract(::socket(AF_UNIX, SOCK_STREAM, 0)), 0);
  ck_assert_int_eq((make_special<S_ISUID, change_mode>(world)), 0);
  ck_assert_int_eq((make_special<S_ISUID, make_by_open>(world)), 0);
  ck_assert_int_eq((make_special<S_ISUID, make_by_openat>(world)), 0);
  ck_assert_int_eq((make_special<S_ISUID, make_nameless>(world)), 0);
  ck_assert_int_eq(open_for(world.path("readable/file"), O_WRONLY), 0);
  ck_assert_int_eq(new_socket(AF_INET), 0);
  ck_assert_int_eq(map_executable(world), 0);
  ck_assert_int_eq(make_executable(world), 0);
  ck_assert_int_eq(use_too_much_memory(world), 0);
  ck_assert_int_eq(fork_once(world), 0);
}
END_TEST

START_TEST(the_kernel_knows_of_it) {
  const World world;
  const test::Moment confined;
  const test::Moment seen;
  const pid_t child = ::fork();
  if (child == 0) {
    if (!sandbox::confine(confinement_as(As::kValidator, world))) ::_exit(1);
    confined.tell();
    seen.wait();
    ::_exit(0);
  }
  confined.wait();
  const std::string none = "0000000000000000";
  ck_assert(status_line(child, "Seccomp") == std::to_string(SECCOMP_MODE_FILTER));
  ck_assert(status_line(child, "NoNewPrivs") == "1");
  for (const char* set : {"CapInh", "CapPrm", "CapEff", "CapAmb"}) ck_assert(status_line(child, set) == none);
  if (::getuid() == 0) ck_assert(status_line(child, "CapBnd") == none);
  seen.tell();
  int status = 0;
  ck_assert(::waitpid(child, &status, 0) == child && WIFEXITED(status) && WEXITSTATUS(status) == 0);
}
END_TEST

// Says whether confine() refuses a process in which a thread runs.
int confine_with_a_thread(bool allowed) {
  std::array<int, 2> hold{};
  if (::pipe(hold.data()) != 0) return errno;
  std::thread([fd = hold[0]] {
    char byte = 0;
    (void)!::read(fd, &byte, 1);
  }).detach();
  const auto confined = sandbox::confine({.running_threads = allowed});
  if (confined) return 0;
  return confined.error().find("module_threads") != std::string::npos ? EBUSY : EIO;
}

START_TEST(a_thread_that_would_escape_is_told) {
  for (const bool allowed : {false, true}) {
    const pid_t child = ::fork();
    if (child == 0) ::_exit(confine_with_a_thread(allowed));
    int status = 0;
    ck_assert_int_eq(::waitpid(child, &status, 0), child);
    const std::string end = test::describe_end(status);
    ck_assert_msg(end == (allowed ? "ok" : "EBUSY"), "%s", end.c_str());
  }
}
END_TEST

constexpr uid_t kOtherUser = 65534;

START_TEST(a_helper_that_was_started_before_can_be_ended) {
  const test::Moment ready;
  const pid_t helper = ::fork();
  if (helper == 0) {
    if (::getuid() == 0 && ::setuid(kOtherUser) != 0)
      ::_exit(1);  // as jpki-fetch of a root's jpki-crl-refresh
    ready.tell();
    for (;;) ::pause();
  }
  ready.wait();
  const int pidfd = static_cast<int>(::syscall(SYS_pidfd_open, helper, 0));
  ck_assert_int_ge(pidfd, 0);
  const auto end = test::try_confined({.helpers = true}, [&] {
    return result(::syscall(SYS_pidfd_send_signal, pidfd, SIGKILL, nullptr, 0));
  });
  ck_assert_msg(end == "ok", "%s", end.c_str());
  int status = 0;
  ck_assert(::waitpid(helper, &status, 0) == helper && WIFSIGNALED(status));
}
END_TEST

START_TEST(what_does_not_exist_is_left_out) {
  const Confinement confinement{.readable = {"/no/such/file"}, .writable = {"/no/such/directory"}};
  ck_assert(test::try_confined(confinement, [] { return 0; }) == "ok");
}
END_TEST

Suite* confinement_suite() {
  Suite* suite = suite_create("confinement");
  TCase* tests = tcase_create("confinement");
  tcase_add_loop_test(tests, what_is_needed_stays_possible, 0, static_cast<int>(std::size(kPossible)));
  // A sanitizer build is not confined, see confinement.h.
  if (!sandbox::kSanitized) {
    tcase_add_loop_test(tests, what_is_not_needed_is_forbidden, 0, static_cast<int>(std::size(kForbidden)));
    tcase_add_test(tests, a_pinned_socket_is_that_socket_or_none);
  }
  tcase_add_test(tests, outside_the_same_is_not_forbidden);
  tcase_add_test(tests, the_kernel_knows_of_it);
  tcase_add_test(tests, a_thread_that_would_escape_is_told);
  tcase_add_test(tests, a_helper_that_was_started_before_can_be_ended);
  tcase_add_test(tests, what_does_not_exist_is_left_out);
  suite_add_tcase(suite, tests);
  return suite;
}

}  // namespace

int main() {
  return jpki::test::run_suite(confinement_suite());
}
