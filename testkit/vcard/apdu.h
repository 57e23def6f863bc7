// SPDX-License-Identifier: LGPL-2.1-or-later
//
// CommandApdu: a command as a card receives it over T=1, taken apart by ISO/IEC 7816-3:2006, 12.1.3
// (cases 1, 2, 3 and 4, each with short and extended lengths).
#pragma once

#include "base/bytes.h"
#include "base/expected.h"
#include "testkit/vcard/status_word.h"

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace jpki::vcard {

struct CommandApdu {
  std::uint8_t cla = 0;
  std::uint8_t ins = 0;
  std::uint8_t p1 = 0;
  std::uint8_t p2 = 0;
  Bytes data;  // Nc bytes, a view of the command; empty in cases 1 and 2
  std::size_t ne =
      0;  // the most response bytes wanted, 0 without Le (cases 1 and 3); Le 00 is 256, 0000 is 65536
};

// Where a READ BINARY begins: P1 and P2, or P2 alone where P1 names the file (ISO 7816-4, short EF
// identifier).
constexpr bool names_file(const CommandApdu& read) noexcept {
  return (read.p1 & 0x80) != 0;
}
constexpr std::size_t offset_of(const CommandApdu& read) noexcept {
  return names_file(read) ? read.p2 : std::size_t{read.p1} << 8 | read.p2;
}

// The parts of `command`, which must outlive the result; kWrongLength when its bytes fit no case.
Expected<CommandApdu, StatusWord> parse_command(Bytes command);

// What a command is, for statistics, faults and traces: by INS, VERIFY split by whether it carries a PIN.
enum class Instruction : std::uint8_t { kSelect, kRead, kVerify, kVerifyEmpty, kSign, kOther };

inline constexpr std::uint8_t kInsVerify = 0x20;
inline constexpr std::uint8_t kInsPerformSecurityOperation = 0x2A;
inline constexpr std::uint8_t kInsSelect = 0xA4;
inline constexpr std::uint8_t kInsReadBinary = 0xB0;

Instruction instruction_of(const CommandApdu& command) noexcept;

// "select", "read", "verify", "verify-empty", "sign", "other".
std::string_view name_of(Instruction instruction) noexcept;

}  // namespace jpki::vcard
