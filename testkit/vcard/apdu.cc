// SPDX-License-Identifier: LGPL-2.1-or-later
#include "testkit/vcard/apdu.h"

namespace jpki::vcard {
namespace {

constexpr std::size_t kHeaderSize = 4;

std::size_t short_ne(std::uint8_t le) {
  return le == 0 ? 256 : le;
}

std::size_t two_bytes(Bytes field) {
  return static_cast<std::size_t>(field[0]) << 8 | field[1];
}

std::size_t extended_ne(Bytes field) {
  const std::size_t le = two_bytes(field);
  return le == 0 ? 65536 : le;
}

// Cases 2E, 3E and 4E: the body begins with a zero byte, every length has two more.
bool parse_extended(Bytes body, CommandApdu& command) {
  if (body.size() < 3) return false;
  const Bytes rest = body.subspan(3);
  if (rest.empty()) {
    command.ne = extended_ne(body.subspan(1, 2));
    return true;
  }
  const std::size_t nc = two_bytes(body.subspan(1, 2));
  if (nc == 0 || (rest.size() != nc && rest.size() != nc + 2)) return false;
  command.data = rest.first(nc);
  if (rest.size() == nc + 2) command.ne = extended_ne(rest.subspan(nc));
  return true;
}

// Cases 3S and 4S.
bool parse_short(Bytes body, CommandApdu& command) {
  const std::size_t nc = body[0];
  const Bytes rest = body.subspan(1);
  if (rest.size() != nc && rest.size() != nc + 1) return false;
  command.data = rest.first(nc);
  if (rest.size() == nc + 1) command.ne = short_ne(rest[nc]);
  return true;
}

}  // namespace

Expected<CommandApdu, StatusWord> parse_command(Bytes command) {
  if (command.size() < kHeaderSize) return Unexpected{sw::kWrongLength};
  CommandApdu parsed{.cla = command[0], .ins = command[1], .p1 = command[2], .p2 = command[3], .data = {}};
  const Bytes body = command.subspan(kHeaderSize);
  if (body.empty()) return parsed;
  if (body.size() == 1) {
    parsed.ne = short_ne(body[0]);
    return parsed;
  }
  const bool fits = body[0] == 0 ? parse_extended(body, parsed) : parse_short(body, parsed);
  if (!fits) return Unexpected{sw::kWrongLength};
  return parsed;
}

Instruction instruction_of(const CommandApdu& command) noexcept {
  switch (command.ins) {
    case kInsSelect:
      return Instruction::kSelect;
    case kInsReadBinary:
      return Instruction::kRead;
    case kInsVerify:
      return command.data.empty() ? Instruction::kVerifyEmpty : Instruction::kVerify;
    case kInsPerformSecurityOperation:
      return Instruction::kSign;
    default:
      return Instruction::kOther;
  }
}

std::string_view name_of(Instruction instruction) noexcept {
  switch (instruction) {
    case Instruction::kSelect:
      return "select";
    case Instruction::kRead:
      return "read";
    case Instruction::kVerify:
      return "verify";
    case Instruction::kVerifyEmpty:
      return "verify-empty";
    case Instruction::kSign:
      return "sign";
    case Instruction::kOther:
      return "other";
  }
  return "other";
}

}  // namespace jpki::vcard
