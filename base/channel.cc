// SPDX-License-Identifier: LGPL-2.1-or-later
#include "base/channel.h"

#include <array>
#include <cstring>

#include <sys/socket.h>

namespace jpki {
namespace {

constexpr std::size_t kPrefix = sizeof(std::uint32_t);

// A buffer for one frame that is wiped however its scope is left.
struct FrameBuffer {
  std::array<std::uint8_t, kPrefix + kMaxFrame> bytes;
  FrameBuffer() noexcept {}  // NOLINT: deliberately not zeroed, every byte is written before it is read
  FrameBuffer(const FrameBuffer&) = delete;
  FrameBuffer& operator=(const FrameBuffer&) = delete;
  ~FrameBuffer() { ::explicit_bzero(bytes.data(), bytes.size()); }
};

WireError error_of_errno() {
  return errno == EPIPE || errno == ECONNRESET ? WireError::kClosed : WireError::kIo;
}

}  // namespace

Expected<Unit, WireError> Channel::wait(short events, Deadline deadline) {
  for (;;) {
    pollfd poll_fd{socket_.get(), events, 0};
    const int ready = ::poll(&poll_fd, 1, deadline.poll_timeout());
    if (ready > 0) return Unit{};
    if (ready == 0) return Unexpected{WireError::kTimeout};
    if (errno != EINTR) return Unexpected{WireError::kIo};
  }
}

Expected<Unit, WireError> Channel::send(const Message& message, Deadline deadline) {
  if (!order_.accept(message)) return Unexpected{WireError::kUnexpected};
  FrameBuffer buffer;
  const auto size = encode(message, buffer.bytes);
  if (!size) return Unexpected{size.error()};
  for (Bytes rest = Bytes(buffer.bytes).first(*size); !rest.empty();) {
    const ssize_t n = ::send(socket_.get(), rest.data(), rest.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (n >= 0) {
      rest = rest.subspan(static_cast<std::size_t>(n));
    } else if (errno == EAGAIN) {
      if (auto ready = wait(POLLOUT, deadline); !ready) return ready;
    } else if (errno != EINTR) {
      return Unexpected{error_of_errno()};
    }
  }
  return Unit{};
}

Expected<Unit, WireError> Channel::read_exactly(std::span<std::uint8_t> out, Deadline deadline) {
  while (!out.empty()) {
    const ssize_t n = ::recv(socket_.get(), out.data(), out.size(), MSG_DONTWAIT);
    if (n > 0) {
      out = out.subspan(static_cast<std::size_t>(n));
    } else if (n == 0) {
      return Unexpected{WireError::kClosed};
    } else if (errno == EAGAIN) {
      if (auto ready = wait(POLLIN, deadline); !ready) return ready;
    } else if (errno != EINTR) {
      return Unexpected{error_of_errno()};
    }
  }
  return Unit{};
}

Expected<Message, WireError> Channel::receive(Deadline deadline) {
  FrameBuffer buffer;
  const std::span<std::uint8_t> frame(buffer.bytes);
  const auto prefix = frame.first(kPrefix);
  if (auto got = read_exactly(prefix, deadline); !got) return Unexpected{got.error()};
  std::uint32_t size = 0;
  for (const std::uint8_t byte : prefix) size = (size << 8) | byte;
  if (size > kMaxFrame) return Unexpected{WireError::kMalformed};
  const auto body = frame.subspan(kPrefix, size);
  if (auto got = read_exactly(body, deadline); !got) return Unexpected{got.error()};
  auto message = decode(body);
  if (message && !order_.accept(*message)) return Unexpected{WireError::kUnexpected};
  return message;
}

}  // namespace jpki
