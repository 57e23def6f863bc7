// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Packets with a descriptor over the socket between FetchProcess and jpki-fetch.
#include "validator/fetch/fetch_protocol.h"

#include <cerrno>
#include <cstring>

#include <sys/socket.h>

namespace jpki::fetch {
namespace {

constexpr std::size_t kMaxFiles = 4;  // received so that they can be closed; more than one is refused

PacketError error_of_errno() {
  if (errno == EAGAIN || errno == EWOULDBLOCK) return PacketError::kWouldBlock;
  return errno == EPIPE || errno == ECONNRESET ? PacketError::kClosed : PacketError::kBroken;
}

// How many descriptors came; the first one goes to `file`, the others are closed.
std::size_t take_files(const msghdr& message, UniqueFd& file) {
  std::size_t count = 0;
  for (cmsghdr* part = CMSG_FIRSTHDR(&message); part != nullptr;
       part = CMSG_NXTHDR(const_cast<msghdr*>(&message), part)) {
    if (part->cmsg_level != SOL_SOCKET || part->cmsg_type != SCM_RIGHTS) continue;
    const std::size_t here = (part->cmsg_len - CMSG_LEN(0)) / sizeof(int);
    for (std::size_t i = 0; i < here; ++i) {
      int fd = -1;
      std::memcpy(&fd, CMSG_DATA(part) + i * sizeof fd, sizeof fd);
      UniqueFd taken(fd);
      if (count++ == 0) file = std::move(taken);
    }
  }
  return count;
}

}  // namespace

Expected<Unit, PacketError> send_packet(int socket, Bytes packet, int file) {
  iovec bytes{const_cast<std::uint8_t*>(packet.data()), packet.size()};
  alignas(cmsghdr) char control[CMSG_SPACE(sizeof file)] = {};
  msghdr message{};
  message.msg_iov = &bytes;
  message.msg_iovlen = 1;
  if (file >= 0) {
    message.msg_control = control;
    message.msg_controllen = sizeof control;
    cmsghdr* part = CMSG_FIRSTHDR(&message);
    part->cmsg_level = SOL_SOCKET;
    part->cmsg_type = SCM_RIGHTS;
    part->cmsg_len = CMSG_LEN(sizeof file);
    std::memcpy(CMSG_DATA(part), &file, sizeof file);
  }
  ssize_t sent = 0;
  do {
    sent = ::sendmsg(socket, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
  } while (sent < 0 && errno == EINTR);
  if (sent < 0) return Unexpected{error_of_errno()};
  return Unit{};
}

Expected<Packet, PacketError> receive_packet(int socket) {
  Packet packet;
  packet.bytes.resize(kMaxFetchPacket);
  iovec bytes{packet.bytes.data(), packet.bytes.size()};
  alignas(cmsghdr) char control[CMSG_SPACE(kMaxFiles * sizeof(int))] = {};
  msghdr message{};
  message.msg_iov = &bytes;
  message.msg_iovlen = 1;
  message.msg_control = control;
  message.msg_controllen = sizeof control;
  ssize_t size = 0;
  do {
    size = ::recvmsg(socket, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
  } while (size < 0 && errno == EINTR);
  if (size < 0) return Unexpected{error_of_errno()};
  const std::size_t files = take_files(message, packet.file);
  if (size == 0) return Unexpected{PacketError::kClosed};
  if ((message.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) != 0 || files > 1)
    return Unexpected{PacketError::kBroken};
  packet.bytes.resize(static_cast<std::size_t>(size));
  return packet;
}

}  // namespace jpki::fetch
