// SPDX-License-Identifier: LGPL-2.1-or-later
#include "testkit/vcard/control_client.h"

#include "base/unique_fd.h"
#include "testkit/vcard/control_address.h"

#include <array>
#include <cerrno>
#include <cstring>

namespace jpki::vcard {

Expected<std::string, std::string> send_command(const std::string& socket_path, const std::string& command) {
  const auto failure = [&](const char* cause) { return Unexpected{socket_path + ": " + cause}; };
  const auto address = ControlAddress::of(socket_path);
  if (!address) return failure("too long for a socket's path");
  const UniqueFd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (!fd.valid() || ::connect(fd.get(), address->get(), address->size()) != 0)
    return failure(std::strerror(errno));
  const std::string line = command + "\n";
  if (::send(fd.get(), line.data(), line.size(), MSG_NOSIGNAL) != static_cast<ssize_t>(line.size())) {
    return failure(std::strerror(errno));
  }
  std::string reply;
  std::array<char, 1024> chunk{};
  while (reply.empty() || reply.back() != '\n') {
    const ssize_t size = ::recv(fd.get(), chunk.data(), chunk.size(), 0);
    if (size < 0 && errno == EINTR) continue;
    if (size <= 0) return failure("the card ended before it replied");
    reply.append(chunk.data(), static_cast<std::size_t>(size));
  }
  reply.pop_back();
  return reply;
}

}  // namespace jpki::vcard
