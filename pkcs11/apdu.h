// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Command and response APDUs (ISO/IEC 7816-4, 5.1) as bytes.
#pragma once

#include "base/bytes.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>

namespace jpki::pkcs11 {

using StatusWord = std::uint16_t;  // SW1-SW2

inline constexpr std::size_t kShortNe = 256;         // the most that a short Le asks for
inline constexpr std::size_t kExtendedNe = 65536;    // the most that an extended Le asks for
inline constexpr std::size_t kMaxCommandData = 255;  // no command of ours has more

// A command whose `data` (at most kMaxCommandData bytes) somebody else owns. `ne`: the most response bytes
// wanted, 0 for none, at most kExtendedNe.
struct Command {
  std::uint8_t cla = 0;
  std::uint8_t ins = 0;
  std::uint8_t p1 = 0;
  std::uint8_t p2 = 0;
  Bytes data = {};
  std::size_t ne = 0;
};

// The bytes of a command, cases 1 to 4, with extended lengths only where `ne` needs them. Wiped at the end,
// for a command may carry a PIN.
class EncodedCommand {
 public:
  explicit EncodedCommand(const Command& command) noexcept;
  EncodedCommand(const EncodedCommand&) = delete;
  EncodedCommand& operator=(const EncodedCommand&) = delete;
  ~EncodedCommand();

  // Empty when `data` or `ne` was too much.
  Bytes bytes() const noexcept { return {bytes_.data(), size_}; }

 private:
  void put(std::size_t byte) noexcept { bytes_[size_++] = static_cast<std::uint8_t>(byte); }

  std::array<std::uint8_t, 4 + 3 + kMaxCommandData + 2> bytes_{};
  std::size_t size_ = 0;
};

struct Answer {
  Blob data;
  StatusWord status = 0;
};

// Nothing when there is no status word.
std::optional<Answer> parse_answer(Bytes response);

}  // namespace jpki::pkcs11
