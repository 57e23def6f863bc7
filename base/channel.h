// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Channel: framed messages over one stream socket, with deadlines. Never raises SIGPIPE; wipes its buffers,
// which may have held a PIN.
#pragma once

#include "base/deadline.h"
#include "base/expected.h"
#include "base/protocol.h"
#include "base/unique_fd.h"

#include <poll.h>

namespace jpki {

class Channel {
 public:
  explicit Channel(UniqueFd socket) noexcept : socket_(std::move(socket)) {}

  // Sends one message, or says why not. kUnexpected when ProtocolOrder forbids it now (nothing is sent).
  Expected<Unit, WireError> send(const Message& message, Deadline deadline);

  // Waits for the next message. After any error the channel is unusable.
  Expected<Message, WireError> receive(Deadline deadline);

  // Whether something to receive, or the end of the connection, is there in time.
  bool readable(Deadline deadline) { return wait(POLLIN, deadline).has_value(); }

  int fd() const noexcept { return socket_.get(); }

 private:
  Expected<Unit, WireError> read_exactly(std::span<std::uint8_t> out, Deadline deadline);
  Expected<Unit, WireError> wait(short events, Deadline deadline);

  UniqueFd socket_;
  ProtocolOrder order_;
};

}  // namespace jpki
