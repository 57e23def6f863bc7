// SPDX-License-Identifier: LGPL-2.1-or-later
#include "validator/card/session_socket.h"

#include "base/deadline.h"
#include "validator/card/module_probe.h"
#include "validator/card/seat_server.h"

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <iterator>

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

namespace jpki::card {
namespace {

constexpr char kVariable[] = "PCSCLITE_CSOCK_NAME";

// winscard_msg.h of pcsc-lite 1.9 and 2.3: rxHeader and version_struct, in the byte order of the machine.
struct Hello {
  std::uint32_t size = 12;       // of what follows the header
  std::uint32_t command = 0x11;  // CMD_VERSION
  std::int32_t major = kMajor;
  std::int32_t minor = 4;
  std::uint32_t rv = 0;
  static constexpr std::int32_t kMajor = 4;
};
struct Version {
  std::int32_t major;
  std::int32_t minor;  // libpcsclite says whether it can do with that
  std::uint32_t rv;
};

class Pinning {
 public:
  Pinning(const SessionSocket& socket, std::chrono::milliseconds patience, const SocketTrust& trust)
      : socket_(socket), trust_(trust), deadline_(Deadline::after(patience)) {}

  Expected<UniqueFd, CardError> run() {
    auto pinned = find();
    if (!pinned) return pinned;
    const auto connection = connect_to(*pinned);
    if (!connection) return Unexpected{connection.error()};
    if (auto good = say_hello(*connection); !good) return Unexpected{good.error()};
    return pinned;
  }

 private:
  Expected<UniqueFd, CardError> find() const;
  Expected<UniqueFd, CardError> connect_to(const UniqueFd& pinned) const;
  Expected<Unit, CardError> say_hello(const UniqueFd& connection) const;
  bool trusts(uid_t user) const { return user == trust_.root || user == socket_.owner; }
  Unexpected<CardError> refuse(const std::string& why) const {
    return Unexpected{CardError{Verdict::kSeatUnreachable, socket_.path + ": " + why}};
  }

  const SessionSocket& socket_;
  const SocketTrust& trust_;
  const Deadline deadline_;
};

Expected<UniqueFd, CardError> Pinning::find() const {
  UniqueFd at(::open(trust_.top.empty() ? "/" : trust_.top.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  std::size_t begin = 1;
  for (bool last = false; !last;) {
    struct stat info {};
    if (!at.valid() || ::fstat(at.get(), &info) != 0) return refuse(std::strerror(errno));
    const std::string directory = trust_.top + socket_.path.substr(0, begin - 1) + "/";
    if (!trusts(info.st_uid)) return refuse(directory + " is neither root's nor the session's user's");
    if ((info.st_mode & (S_IWGRP | S_IWOTH)) != 0) return refuse(directory + " is writable by others");
    const std::size_t end = std::min(socket_.path.find('/', begin), socket_.path.size());
    const std::string name = socket_.path.substr(begin, end - begin);
    last = end == socket_.path.size();
    at = UniqueFd(
        ::openat(at.get(), name.c_str(), O_PATH | O_NOFOLLOW | O_CLOEXEC | (last ? 0 : O_DIRECTORY)));
    begin = end + 1;
  }
  struct stat info {};
  if (!at.valid() || ::fstat(at.get(), &info) != 0) return refuse(std::strerror(errno));
  if (!S_ISSOCK(info.st_mode)) return refuse("no socket");
  if (!trusts(info.st_uid)) return refuse("neither root's nor the session's user's");
  return at;
}

Expected<UniqueFd, CardError> Pinning::connect_to(const UniqueFd& pinned) const {
  UniqueFd connection(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  const std::string name = name_of_pinned(pinned);
  std::memcpy(address.sun_path, name.data(), name.size());  // the rest is zero
  if (!connection.valid() ||
      ::connect(connection.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
    return refuse(errno == EAGAIN ? "its queue is full" : std::strerror(errno));
  // Of who called listen(2): a socket's file may have been given away.
  ucred peer{};
  socklen_t size = sizeof peer;
  if (::getsockopt(connection.get(), SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0)
    return refuse(std::strerror(errno));
  if (!trusts(peer.uid)) return refuse("who listens is neither root nor the session's user");
  return connection;
}

Expected<Unit, CardError> Pinning::say_hello(const UniqueFd& connection) const {
  const Hello hello;
  if (::send(connection.get(), &hello, sizeof hello, MSG_NOSIGNAL) != sizeof hello) return refuse("hangs up");
  Version version{};
  std::size_t used = 0;
  while (used < sizeof version) {
    pollfd readable{connection.get(), POLLIN, 0};
    const int ready = ::poll(&readable, 1, deadline_.poll_timeout());
    if (ready < 0 && errno == EINTR) continue;
    if (ready <= 0) return refuse("does not answer");
    const ssize_t n =
        ::recv(connection.get(), reinterpret_cast<char*>(&version) + used, sizeof version - used, 0);
    if (n < 0 && (errno == EINTR || errno == EAGAIN)) continue;
    if (n <= 0) return refuse("hangs up; it may be no card service of pcsc-lite, as xrdp's is not");
    used += static_cast<std::size_t>(n);
  }
  if (version.major != Hello::kMajor)
    return refuse(fmt::format("speaks no protocol of pcsc-lite {}", Hello::kMajor));
  return Unit{};
}

}  // namespace

Expected<UniqueFd, CardError> pin_session_socket(const SessionSocket& socket,
                                                 std::chrono::milliseconds patience,
                                                 const SocketTrust& trust) {
  return Pinning(socket, patience, trust).run();
}

Expected<Unit, CardError> use_session_socket(const UniqueFd& pinned) {
  if (::setenv(kVariable, name_of_pinned(pinned).c_str(), 1) != 0)
    return Unexpected{CardError{Verdict::kSeatUnreachable, std::strerror(errno)}};
  return Unit{};
}

std::string name_of_pinned(const UniqueFd& pinned) {
  return "/proc/self/fd/" + std::to_string(pinned.get());
}

std::vector<std::string> modules_of_card_service(const std::vector<std::string>& modules) {
  std::vector<std::string> found;
  std::ranges::copy_if(modules, std::back_inserter(found), [](const std::string& name) {
    return !is_foreign(name) && name.substr(name.rfind('/') + 1) != kServerModule;
  });
  return found;
}

}  // namespace jpki::card
