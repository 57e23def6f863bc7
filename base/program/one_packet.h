// SPDX-License-Identifier: LGPL-2.1-or-later
//
// The whole talk of a helper that answers one question: a packet on the socket that is descriptor 0, and a
// packet back.
#pragma once

#include "base/bytes.h"
#include "base/wire.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>

#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

namespace jpki {

// Status to end with: 0 when the answer is on its way; 1 when there was no question, or nobody takes the
// answer. The question's octets are wiped before answer() begins.
template <std::size_t kMaxPacket, class Question, class Answering>
int answer_one_packet(std::optional<Question> (*read)(Bytes), const Answering& answer) {
  std::array<std::uint8_t, kMaxPacket> packet{};
  const ssize_t size = ::recv(STDIN_FILENO, packet.data(), packet.size(), 0);
  const auto question =
      size > 0 ? read(Bytes(packet).first(static_cast<std::size_t>(size))) : std::optional<Question>();
  ::explicit_bzero(packet.data(), packet.size());
  if (!question) return 1;
  WireWriter out(packet);
  write(out, answer(*question));
  return !out.overflow() && ::send(STDIN_FILENO, packet.data(), out.used(), MSG_NOSIGNAL) >= 0 ? 0 : 1;
}

}  // namespace jpki
