// SPDX-License-Identifier: LGPL-2.1-or-later
//
// A child that confines itself and then tries one thing; the parent sees how it ended.
#pragma once

#include "base/sandbox/confinement.h"
#include "base/sandbox/private_root.h"
#include "tests/unit/support/check_main.h"

#include <cerrno>
#include <cstdio>
#include <cstring>

#include <arpa/inet.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

namespace jpki::test {

// What is tried: 0 for success, else the errno value that it met.
inline int result(long returned) {
  return returned < 0 ? errno : 0;
}

// Files and servers that exist before anybody is confined.
class World {
 public:
  World()
      : unix_listener_(::socket(AF_UNIX, SOCK_STREAM, 0)),
        other_listener_(::socket(AF_UNIX, SOCK_STREAM, 0)),
        abstract_listener_(::socket(AF_UNIX, SOCK_STREAM, 0)),
        tcp_listener_(::socket(AF_INET, SOCK_STREAM, 0)) {
    for (const char* name : {"readable", "writable", "outside", "service"})
      std::filesystem::create_directory(directory_.path(name));
    for (const char* name : {"readable/file", "writable/file", "outside/file"}) directory_.write(name, "x");
    const sockaddr_un abstract = abstract_address();
    const bool heard =
        listen_at(unix_listener_, kService) && listen_at(other_listener_, kOtherService) &&
        ::bind(abstract_listener_, reinterpret_cast<const sockaddr*>(&abstract), sizeof abstract) == 0 &&
        ::listen(abstract_listener_, 5) == 0;
    socklen_t size = sizeof tcp_address_;
    tcp_address_.sin_family = AF_INET;
    tcp_address_.sin_addr.s_addr = ::htonl(INADDR_LOOPBACK);
    auto* const tcp_name = reinterpret_cast<sockaddr*>(&tcp_address_);
    if (!heard || ::bind(tcp_listener_, tcp_name, size) != 0 || ::listen(tcp_listener_, 5) != 0 ||
        ::getsockname(tcp_listener_, tcp_name, &size) != 0)
      std::abort();
  }
  World(const World&) = delete;
  World& operator=(const World&) = delete;
  ~World() {
    ::close(unix_listener_);
    ::close(other_listener_);
    ::close(abstract_listener_);
    ::close(tcp_listener_);
  }

  static constexpr char kService[] = "service/socket";
  static constexpr char kOtherService[] = "outside/socket";

  std::string path(const char* name) const { return directory_.path(name); }
  int connect_unix(int fd, const char* service = kService) const {
    const sockaddr_un name = unix_address(service);
    return ::connect(fd, reinterpret_cast<const sockaddr*>(&name), sizeof name);
  }
  int connect_abstract(int fd) const {
    const sockaddr_un name = abstract_address();
    return ::connect(fd, reinterpret_cast<const sockaddr*>(&name), sizeof name);
  }
  int connect_tcp(int fd) const {
    return ::connect(fd, reinterpret_cast<const sockaddr*>(&tcp_address_), sizeof tcp_address_);
  }

 private:
  sockaddr_un abstract_address() const {
    sockaddr_un name{};
    name.sun_family = AF_UNIX;
    std::snprintf(name.sun_path + 1, sizeof name.sun_path - 1, "confined-%d", maker_);
    return name;
  }
  bool listen_at(int fd, const char* service) const {
    const sockaddr_un name = unix_address(service);
    return ::bind(fd, reinterpret_cast<const sockaddr*>(&name), sizeof name) == 0 && ::listen(fd, 5) == 0;
  }
  sockaddr_un unix_address(const char* service) const {
    sockaddr_un name{};
    name.sun_family = AF_UNIX;
    std::snprintf(name.sun_path, sizeof name.sun_path, "%s", path(service).c_str());
    return name;
  }

  TemporaryDirectory directory_;
  int unix_listener_;
  int other_listener_;
  int abstract_listener_;
  pid_t maker_ = ::getpid();
  int tcp_listener_;
  sockaddr_in tcp_address_{};
};

inline int open_for(const std::string& path, int flags) {
  return result(::open(path.c_str(), flags | O_CLOEXEC, 0600));
}

inline int new_socket(int family) {
  return result(::socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0));
}

template <int number>
int call(const World&) {
  return result(::syscall(number, 0, 0, 0, 0, 0, 0));
}

template <int family>
int family_socket(const World&) {
  return new_socket(family);
}

// The line of /proc/PID/status that begins with `key`, without it.
inline std::string status_line(pid_t pid, const std::string& key) {
  std::ifstream status("/proc/" + std::to_string(pid) + "/status");
  for (std::string line; std::getline(status, line);)
    if (line.starts_with(key + ":\t")) return line.substr(key.size() + 2);
  return "absent";
}

// One process tells another that it has come so far.
class Moment {
 public:
  Moment() {
    if (::pipe(ends_) != 0) std::abort();
  }
  Moment(const Moment&) = delete;
  Moment& operator=(const Moment&) = delete;
  ~Moment() {
    ::close(ends_[0]);
    ::close(ends_[1]);
  }
  void tell() const {
    if (::write(ends_[1], "x", 1) != 1) std::abort();
  }
  // With a limit, should the other one have died.
  void wait() const {
    pollfd poll_fd{ends_[0], POLLIN, 0};
    char byte = 0;
    if (::poll(&poll_fd, 1, 10000) != 1 || ::read(ends_[0], &byte, 1) != 1) std::abort();
  }

 private:
  int ends_[2];
};

inline bool has_user_namespaces() {
  const pid_t child = ::fork();
  if (child == 0) ::_exit(sandbox::enter_private_root({}, false) ? 0 : 1);
  int status = 0;
  return ::waitpid(child, &status, 0) == child && status == 0;
}

// As "signal Bad system call", "ok" or the name of an errno value.
inline std::string describe_end(int status) {
  if (WIFSIGNALED(status))
    return std::string("signal ") + ::sigabbrev_np(WTERMSIG(status)) +
           (WCOREDUMP(status) ? ", core dumped" : "");
  if (WEXITSTATUS(status) == 0) return "ok";
  const char* name = ::strerrorname_np(WEXITSTATUS(status));
  return name == nullptr ? "exit " + std::to_string(WEXITSTATUS(status)) : name;
}

inline constexpr int kNotConfined = 255;

// Runs `action` in a child that has confined itself.
template <class Action>
std::string try_confined(const sandbox::Confinement& confinement, Action action) {
  const pid_t child = ::fork();
  if (child == 0) {
    if (const auto confined = sandbox::confine(confinement); !confined) {
      std::fprintf(stderr, "%s\n", confined.error().c_str());
      ::_exit(kNotConfined);
    }
    ::_exit(action());
  }
  int status = 0;
  if (child < 0 || ::waitpid(child, &status, 0) != child) return "no child";
  return describe_end(status);
}

}  // namespace jpki::test
