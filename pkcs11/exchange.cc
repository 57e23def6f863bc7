// SPDX-License-Identifier: LGPL-2.1-or-later
#include "pkcs11/exchange.h"

namespace jpki::pkcs11 {
namespace {

constexpr std::uint8_t kMoreData = 0x61;
constexpr std::uint8_t kWrongLe = 0x6C;
constexpr std::uint8_t kGetResponse = 0xC0;
constexpr int kMostPieces = 512;

std::uint8_t sw1(const Answer& answer) {
  return static_cast<std::uint8_t>(answer.status >> 8);
}

// SW2 as a length: 0 is 256.
std::size_t length_in_sw2(const Answer& answer) {
  const std::size_t low = answer.status & 0xFF;
  return low == 0 ? kShortNe : low;
}

Expected<Answer, Trouble> send(Card& card, const Command& command) {
  const EncodedCommand encoded(command);
  if (encoded.bytes().empty()) return Unexpected{Trouble::kCardError};
  const auto response = card.transmit(encoded.bytes());
  if (!response) return Unexpected{response.error()};
  auto answer = parse_answer(*response);
  // A card that says more than it was asked for does not talk about what we asked.
  if (!answer || answer->data.size() > command.ne) return Unexpected{Trouble::kCardError};
  return std::move(*answer);
}

}  // namespace

Expected<Answer, Trouble> exchange(Card& card, const Command& command) {
  auto answer = send(card, command);
  if (answer && command.ne != 0 && sw1(*answer) == kWrongLe && answer->data.empty()) {
    Command again = command;
    again.ne = length_in_sw2(*answer);
    answer = send(card, again);
  }
  if (!answer) return answer;
  for (int piece = 0; sw1(*answer) == kMoreData; ++piece) {
    if (piece == kMostPieces || command.ne == 0) return Unexpected{Trouble::kCardError};
    const Command more{.ins = kGetResponse, .ne = length_in_sw2(*answer)};
    auto next = send(card, more);
    if (!next) return next;
    append_bytes(answer->data, next->data);
    answer->status = next->status;
    if (answer->data.size() > std::min(command.ne, kMaxAnswer)) return Unexpected{Trouble::kCardError};
  }
  return answer;
}

}  // namespace jpki::pkcs11
