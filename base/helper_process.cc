// SPDX-License-Identifier: LGPL-2.1-or-later
#include "base/helper_process.h"

#include "base/local_socket.h"

#include <cerrno>
#include <csignal>
#include <utility>

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

extern "C" {  // glibc 2.36 forgot that C++ may include it
#include <sys/pidfd.h>
}

namespace jpki {
namespace {

// A process that was killed is gone at once, unless it hangs in the kernel: then a zombie is better than a
// login that never ends.
constexpr std::chrono::seconds kKillPatience{5};
constexpr int kNapMs = 2;

struct SocketPair {
  UniqueFd ours;
  UniqueFd childs;
};

Expected<SocketPair, int> make_socket_pair(int type) {
  int fds[2];
  if (::socketpair(AF_UNIX, type | SOCK_CLOEXEC, 0, fds) != 0) return Unexpected{errno};
  UniqueFd first(fds[0]);
  UniqueFd second(fds[1]);
  SocketPair pair{above_standard_streams(std::move(first)), above_standard_streams(std::move(second))};
  if (!pair.ours.valid() || !pair.childs.valid()) return Unexpected{errno};
  return pair;
}

// The descriptors and the directory of the child, as posix_spawn sets them up.
class FileActions {
 public:
  FileActions(int stdin_fd, bool as_stdout) {
    error_ = ::posix_spawn_file_actions_init(&actions_);
    if (error_ != 0) return;
    initialised_ = true;
    add(::posix_spawn_file_actions_adddup2(&actions_, stdin_fd, 0));
    add(as_stdout ? ::posix_spawn_file_actions_adddup2(&actions_, stdin_fd, 1)
                  : ::posix_spawn_file_actions_addopen(&actions_, 1, "/dev/null", O_RDWR, 0));
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

}  // namespace

Expected<HelperProcess, int> HelperProcess::start(const std::string& path, const Options& options) {
  auto pair = make_socket_pair(options.socket_type);
  if (!pair) return Unexpected{pair.error()};
  const FileActions actions(pair->childs.get(), options.socket_is_stdout);
  if (actions.error() != 0) return Unexpected{actions.error()};
  const Attributes attributes;
  std::string name = path.substr(path.rfind('/') + 1);
  std::vector<std::string> texts = options.arguments;
  std::vector<char*> arguments = {name.data()};
  for (std::string& text : texts) arguments.push_back(text.data());
  arguments.push_back(nullptr);
  char* const environment[] = {nullptr};
  pid_t pid = -1;
  const int error =
      ::posix_spawn(&pid, path.c_str(), actions.get(), attributes.get(), arguments.data(), environment);
  if (error != 0) return Unexpected{error};
  HelperProcess process(std::move(pair->ours), pid, above_standard_streams(UniqueFd(::pidfd_open(pid, 0))));
  process.look(WNOWAIT);
  return process;
}

HelperProcess::HelperProcess(HelperProcess&& other) noexcept
    : socket_(std::move(other.socket_)),
      pidfd_(std::move(other.pidfd_)),
      pid_(std::exchange(other.pid_, 0)),
      signal_(other.signal_),
      exit_status_(other.exit_status_) {}

HelperProcess::~HelperProcess() {
  kill();
}

void HelperProcess::kill() noexcept {
  if (look(WNOWAIT)) return;
  const long sent =
      pidfd_.valid() ? ::pidfd_send_signal(pidfd_.get(), SIGKILL, nullptr, 0) : ::kill(pid_, SIGKILL);
  if (sent == 0 || errno != EPERM) wait(Deadline::after(kKillPatience));
}

bool HelperProcess::wait(Deadline deadline) noexcept {
  while (!look(0)) {
    if (deadline.passed()) return false;
    pollfd poll_fd{pidfd_.get(), POLLIN, 0};  // poll(2) naps when there is no descriptor
    ::poll(&poll_fd, 1, pidfd_.valid() ? deadline.poll_timeout() : kNapMs);
  }
  return true;
}

bool HelperProcess::look(int flags) noexcept {
  if (pid_ == 0) return true;
  const bool by_fd = pidfd_.valid();
  siginfo_t info{};
  int result = 0;
  do {
    result = ::waitid(by_fd ? P_PIDFD : P_PID, static_cast<id_t>(by_fd ? pidfd_.get() : pid_), &info,
                      WEXITED | WNOHANG | flags);
  } while (result != 0 && errno == EINTR);
  if (result == 0 && info.si_pid == 0) return false;
  const bool is_zombie = result == 0 && (flags & WNOWAIT) != 0;
  if (is_zombie) return false;
  if (result == 0) (info.si_code == CLD_EXITED ? exit_status_ : signal_) = info.si_status;
  pid_ = 0;
  pidfd_.reset();
  return true;
}

std::optional<std::size_t> receive_packet(const UniqueFd& socket, std::span<std::uint8_t> packet,
                                          Deadline deadline) noexcept {
  pollfd wait{socket.get(), POLLIN, 0};
  int ready = 0;
  do {
    ready = ::poll(&wait, 1, deadline.poll_timeout());
  } while (ready < 0 && errno == EINTR);
  if (ready == 0) return std::nullopt;
  const ssize_t size = ready < 0 ? -1 : ::recv(socket.get(), packet.data(), packet.size(), MSG_DONTWAIT);
  return size > 0 ? static_cast<std::size_t>(size) : 0;
}

}  // namespace jpki
