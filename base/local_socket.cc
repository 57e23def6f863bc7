// SPDX-License-Identifier: LGPL-2.1-or-later
#include "base/local_socket.h"

#include <cerrno>
#include <cstring>

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>

namespace jpki {

UniqueFd above_standard_streams(UniqueFd fd) {
  return fd.valid() ? UniqueFd(::fcntl(fd.get(), F_DUPFD_CLOEXEC, 3)) : UniqueFd();
}

Expected<UniqueFd, int> connect_to_service(const char* path, int type, uid_t owner,
                                           std::chrono::milliseconds patience) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  const std::size_t length = std::strlen(path);
  if (length >= sizeof address.sun_path) return Unexpected{ENAMETOOLONG};
  std::memcpy(address.sun_path, path, length);  // the rest is zero
  UniqueFd socket = above_standard_streams(UniqueFd(::socket(AF_UNIX, type | SOCK_CLOEXEC, 0)));
  if (!socket.valid()) return Unexpected{errno};
  // Of connect(2) as well, where the service's queue is full.
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(patience);
  const timeval limit{seconds.count(), (patience - seconds).count() * 1000};
  if (::setsockopt(socket.get(), SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit) != 0)
    return Unexpected{errno};
  const auto* const name = reinterpret_cast<const sockaddr*>(&address);
  int result = 0;
  do {
    result = ::connect(socket.get(), name, sizeof address);
  } while (result != 0 && errno == EINTR);
  if (result != 0) return Unexpected{errno};
  ucred listener{};
  socklen_t size = sizeof listener;
  if (::getsockopt(socket.get(), SOL_SOCKET, SO_PEERCRED, &listener, &size) != 0) return Unexpected{errno};
  if (listener.uid != owner) return Unexpected{EPERM};
  return socket;
}

}  // namespace jpki
