// SPDX-License-Identifier: LGPL-2.1-or-later
#include "pam_jpki/helper_process.h"

#include <cerrno>
#include <csignal>

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

extern "C" {  // glibc 2.36 forgot that C++ may include it
#include <sys/pidfd.h>
}

namespace jpki::pam {
namespace {

// A process that was killed is gone at once, unless it hangs in the kernel: then a zombie is better than a
// login that never ends.
constexpr std::chrono::seconds kKillPatience{5};

struct SocketPair {
  UniqueFd ours;
  UniqueFd childs;
};

// The same open file at a descriptor that is no standard stream: the host may have closed those, and its
// conversation function may write to 1 and 2 all the same.
UniqueFd above_standard_streams(UniqueFd fd) {
  return UniqueFd(::fcntl(fd.get(), F_DUPFD_CLOEXEC, 3));
}

Expected<SocketPair, int> make_socket_pair() {
  int fds[2];
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) != 0) return Unexpected{errno};
  UniqueFd first(fds[0]);
  UniqueFd second(fds[1]);
  SocketPair pair{above_standard_streams(std::move(first)), above_standard_streams(std::move(second))};
  if (!pair.ours.valid() || !pair.childs.valid()) return Unexpected{errno};
  return pair;
}

// The descriptors and the directory of the child, as posix_spawn sets them up.
class FileActions {
 public:
  explicit FileActions(int stdin_fd) {
    error_ = ::posix_spawn_file_actions_init(&actions_);
    if (error_ != 0) return;
    initialised_ = true;
    add(::posix_spawn_file_actions_adddup2(&actions_, stdin_fd, 0));
    add(::posix_spawn_file_actions_addopen(&actions_, 1, "/dev/null", O_RDWR, 0));
    add(::posix_spawn_file_actions_addopen(&actions_, 2, "/dev/null", O_RDWR, 0));
    add(::posix_spawn_file_actions_addclosefrom_np(&actions_, 3));
    add(::posix_spawn_file_actions_addchdir_np(&actions_, "/"));
  }
  FileActions(const FileActions&) = delete;
  FileActions& operator=(const FileActions&) = delete;
  ~FileActions() {
    if (initialised_) ::posix_spawn_file_actions_destroy(&actions_);
  }

  int error() const { return error_; }
  const posix_spawn_file_actions_t* get() const { return &actions_; }

 private:
  void add(int error) {
    if (error_ == 0) error_ = error;
  }

  posix_spawn_file_actions_t actions_{};
  bool initialised_ = false;
  int error_ = 0;
};

// A session of its own (a terminal's Ctrl-C is for the host), no blocked and no ignored signals.
class Attributes {
 public:
  Attributes() {
    sigset_t none;
    sigset_t all;
    ::sigemptyset(&none);
    ::sigfillset(&all);
    // None of these can fail: they fill in a struct.
    ::posix_spawnattr_init(&attributes_);
    ::posix_spawnattr_setsigmask(&attributes_, &none);
    ::posix_spawnattr_setsigdefault(&attributes_, &all);
    ::posix_spawnattr_setflags(&attributes_,
                               POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSID);
  }
  Attributes(const Attributes&) = delete;
  Attributes& operator=(const Attributes&) = delete;
  ~Attributes() { ::posix_spawnattr_destroy(&attributes_); }

  const posix_spawnattr_t* get() const { return &attributes_; }

 private:
  posix_spawnattr_t attributes_{};
};

int reap(int pidfd, int flags) {
  siginfo_t info{};
  int result = 0;
  do {
    result = ::waitid(P_PIDFD, static_cast<id_t>(pidfd), &info, WEXITED | flags);
  } while (result != 0 && errno == EINTR);
  return result;
}

// A pidfd of our child `pid`. An invalid one when the host has reaped it already, even if the number has gone
// to another process meanwhile.
Expected<UniqueFd, int> pidfd_of_child(pid_t pid) {
  UniqueFd any(::pidfd_open(pid, 0));
  if (!any.valid() && errno == ESRCH) return UniqueFd();
  UniqueFd pidfd = above_standard_streams(std::move(any));
  if (!pidfd.valid()) return Unexpected{errno};
  if (reap(pidfd.get(), WNOHANG | WNOWAIT) != 0 && errno == ECHILD) return UniqueFd();
  return pidfd;
}

}  // namespace

Expected<HelperProcess, int> HelperProcess::start(const char* path) {
  auto pair = make_socket_pair();
  if (!pair) return Unexpected{pair.error()};
  const FileActions actions(pair->childs.get());
  if (actions.error() != 0) return Unexpected{actions.error()};
  const Attributes attributes;
  char name[] = "jpki-validator";
  char* const arguments[] = {name, nullptr};
  char* const environment[] = {nullptr};
  pid_t pid = -1;
  const int error = ::posix_spawn(&pid, path, actions.get(), attributes.get(), arguments, environment);
  if (error != 0) return Unexpected{error};
  auto pidfd = pidfd_of_child(pid);
  if (!pidfd) {  // no pidfd to be had: it was started a moment ago, so the number still is our child's
    ::kill(pid, SIGKILL);
    ::waitpid(pid, nullptr, 0);
    return Unexpected{pidfd.error()};
  }
  return HelperProcess(std::move(pair->ours), std::move(*pidfd));
}

HelperProcess::~HelperProcess() {
  if (!pidfd_.valid()) return;
  ::pidfd_send_signal(pidfd_.get(), SIGKILL, nullptr, 0);
  wait(Deadline::after(kKillPatience));
}

bool HelperProcess::wait(Deadline deadline) noexcept {
  if (!pidfd_.valid()) return true;
  for (;;) {
    pollfd poll_fd{pidfd_.get(), POLLIN, 0};
    const int ready = ::poll(&poll_fd, 1, deadline.poll_timeout());
    if (ready > 0) break;
    if (ready == 0 || errno != EINTR) return false;
  }
  reap(pidfd_.get(), 0);  // ECHILD: the host was faster
  pidfd_.reset();
  return true;
}

}  // namespace jpki::pam
