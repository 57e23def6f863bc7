// SPDX-License-Identifier: LGPL-2.1-or-later
#include "testkit/ifdhandler/transport.h"

#include <algorithm>

namespace jpki::ifdhandler {
namespace {

constexpr std::size_t kHeader = 4;
constexpr std::size_t kStatus = 2;
constexpr std::uint8_t kGetResponse = 0xC0;
constexpr std::uint8_t kMoreData = 0x61;
constexpr std::uint8_t kWrongLe = 0x6C;

// Only an extended length begins with a zero that more bytes follow.
bool is_extended(Bytes command) {
  return command.size() > kHeader + 1 && command[kHeader] == 0;
}

// Ne of a short command; 0: it has no Le.
std::size_t expected_by(Bytes command) {
  const auto ne = [](std::uint8_t le) { return le == 0 ? std::size_t{256} : le; };
  if (command.size() == kHeader + 1) return ne(command[kHeader]);
  if (command.size() <= kHeader || is_extended(command)) return 0;
  const std::size_t end = kHeader + 1 + command[kHeader];
  return command.size() == end + 1 ? ne(command[end]) : 0;
}

// Data and Le: with T=0 the answer has to be fetched (ISO/IEC 7816-3, 12.2.1).
bool is_case_four(Bytes command) {
  return command.size() > kHeader + 1 && expected_by(command) > 0;
}

Blob status(std::uint8_t sw1, std::size_t sw2) {
  return {sw1, static_cast<std::uint8_t>(sw2)};
}

}  // namespace

Blob Transport::next_piece(std::size_t most) {
  const std::size_t data = left_.size() - kStatus;
  const std::size_t size = std::min(data, most);
  const auto split = left_.begin() + static_cast<std::ptrdiff_t>(size == data ? left_.size() : size);
  Blob piece(left_.begin(), split);
  left_.erase(left_.begin(), split);
  if (!left_.empty())
    append_bytes(piece, status(kMoreData, std::min<std::size_t>(left_.size() - kStatus, most)));
  return piece;
}

std::optional<Blob> Transport::transmit(Bytes command, const Settings& settings, const AskCard& ask_card) {
  if (command.size() < kHeader || (settings.short_apdus && is_extended(command))) return std::nullopt;
  if (command[1] == kGetResponse && !left_.empty())
    return next_piece(std::min(expected_by(command), settings.more_data));
  left_.clear();
  auto answer = ask_card(command);
  if (!answer || answer->size() < kStatus) return answer;
  const std::size_t data = answer->size() - kStatus;
  const std::size_t expected = expected_by(command);
  if (settings.exact_le && data > 0 && data < expected) return status(kWrongLe, data);
  const bool fetched = data > settings.more_data || (data > 0 && is_case_four(command));
  if (settings.more_data == 0 || !fetched) return answer;
  left_ = std::move(*answer);
  return status(kMoreData, std::min(data, settings.more_data));
}

}  // namespace jpki::ifdhandler
