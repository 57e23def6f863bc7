// SPDX-License-Identifier: LGPL-2.1-or-later
#include "testkit/vcard/fault.h"

#include <algorithm>
#include <array>
#include <charconv>

namespace jpki::vcard {
namespace {

struct NamedFault {
  std::string_view name;
  FaultKind kind;
};

constexpr NamedFault kEvents[] = {
    {"pulled-before", FaultKind::kPulledBefore},
    {"pulled-inside", FaultKind::kPulledInside},
    {"silent", FaultKind::kSilent},
};

constexpr NamedFault kStates[] = {
    {"garbage-certificate", FaultKind::kGarbageCertificate},
    {"bad-signature", FaultKind::kBadSignature},
    {"short-signature", FaultKind::kShortSignature},
    {"empty-signature", FaultKind::kEmptySignature},
    {"replay-signature", FaultKind::kReplaySignature},
    {"wrong-key", FaultKind::kWrongKey},
    {"blocked-auth", FaultKind::kBlockedAuth},
    {"blocked-sign", FaultKind::kBlockedSign},
};

constexpr std::array kNamedInstructions = {Instruction::kSelect, Instruction::kRead, Instruction::kVerify,
                                           Instruction::kVerifyEmpty, Instruction::kSign};

template <std::size_t N>
const NamedFault* find_named(const NamedFault (&table)[N], std::string_view name) {
  const auto* const found = std::ranges::find(table, name, &NamedFault::name);
  return found == std::end(table) ? nullptr : found;
}

// The whole of `text` as a number.
template <class Integer>
std::optional<Integer> number(std::string_view text, int base) {
  Integer value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::optional<Instruction> named_instruction(std::string_view name) {
  const auto* const found = std::ranges::find(kNamedInstructions, name, name_of);
  if (found == kNamedInstructions.end()) return std::nullopt;
  return *found;
}

Unexpected<std::string> refuse(std::string_view text, std::string_view wanted) {
  return Unexpected{"fault " + std::string(text) + ": " + std::string(wanted)};
}

Expected<Fault, std::string> parse_event(FaultKind kind, std::string_view when, std::string_view text) {
  if (const auto instruction = named_instruction(when)) return Fault{.kind = kind, .trigger = *instruction};
  const auto count = number<std::uint64_t>(when, 10);
  if (count && *count > 0) return Fault{.kind = kind, .trigger = *count};
  return refuse(text, "say when: a number from 1, or select, read, verify, verify-empty, sign");
}

Expected<Fault, std::string> parse_status_word(std::string_view value, std::string_view text) {
  static constexpr std::string_view kWanted = "write sw=INS:SW, such as sw=verify:6F00 or sw=B0:6A82";
  const std::size_t colon = value.find(':');
  if (colon == std::string_view::npos || value.size() - colon - 1 != 4) return refuse(text, kWanted);
  const auto status = number<std::uint16_t>(value.substr(colon + 1), 16);
  if (!status) return refuse(text, kWanted);
  Fault fault{.kind = FaultKind::kStatusWord, .trigger = {}, .status = *status};
  const std::string_view ins = value.substr(0, colon);
  if (const auto instruction = named_instruction(ins)) {
    fault.trigger = *instruction;
  } else if (const auto byte = number<std::uint8_t>(ins, 16); byte && ins.size() == 2) {
    fault.trigger = *byte;
  } else {
    return refuse(text, kWanted);
  }
  return fault;
}

// Whether the fault's trigger is this command; a counting trigger counts it.
bool triggers(Fault& fault, const CommandApdu& command) {
  if (auto* const count = std::get_if<std::uint64_t>(&fault.trigger)) return --*count == 0;
  if (const auto* const kind = std::get_if<Instruction>(&fault.trigger))
    return *kind == instruction_of(command);
  if (const auto* const ins = std::get_if<std::uint8_t>(&fault.trigger)) return *ins == command.ins;
  return false;
}

}  // namespace

Expected<Fault, std::string> parse_fault(std::string_view text) {
  const std::size_t equals = text.find('=');
  const std::string_view name = text.substr(0, equals);
  if (equals == std::string_view::npos) {
    if (const auto* const state = find_named(kStates, name)) return Fault{.kind = state->kind, .trigger = {}};
    return refuse(text, "unknown; see jpki-vcard --help");
  }
  const std::string_view value = text.substr(equals + 1);
  if (name == "sw") return parse_status_word(value, text);
  if (const auto* const event = find_named(kEvents, name)) return parse_event(event->kind, value, text);
  return refuse(text, "unknown; see jpki-vcard --help");
}

bool FaultSet::has(FaultKind kind) const noexcept {
  return std::ranges::find(faults_, kind, &Fault::kind) != faults_.end();
}

std::optional<Fault> FaultSet::strike(const CommandApdu& command) {
  std::optional<Fault> struck;
  std::erase_if(faults_, [&](Fault& fault) {
    if (!triggers(fault, command)) return false;
    if (!struck) struck = fault;
    return fault.kind != FaultKind::kStatusWord;
  });
  return struck;
}

}  // namespace jpki::vcard
