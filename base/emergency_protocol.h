// SPDX-License-Identifier: LGPL-2.1-or-later
//
// What pam_jpki.so asks jpki-emergency, and the answer: one packet each over a SOCK_SEQPACKET. The buffer of
// a question holds a code: its owner wipes it.
#pragma once

#include "base/emergency_code.h"
#include "base/verdict.h"
#include "base/wire.h"

#include <optional>
#include <string>

namespace jpki {

inline constexpr std::uint8_t kEmergencyProtocolVersion = 1;
inline constexpr std::size_t kMaxEmergencyPacket = 4096;

enum class EmergencyStep : std::uint8_t {
  kBegin,   // may a code be asked for now, and what is the challenge?
  kTry,     // is this it? Accepted at most once
  kNotice,  // was a code used that its owner has not been told of? Answered once
};

struct EmergencyQuestion {
  EmergencyStep step = EmergencyStep::kBegin;
  std::string account;
  std::uint32_t uid = 0;       // that this machine gives the name
  std::optional<Secret> code;  // kTry
};

struct EmergencyAnswer {
  Verdict verdict = Verdict::kEmergencyUnusable;
  std::string cause{};      // for the log, also beside kAccepted; tells no personal value
  std::string id{};         // of the code or challenge that was used, as in jpkictl emergency list
  std::string challenge{};  // kBegin: 16 digits to read out; empty: codes can only be issued here
  std::uint64_t used = 0;   // kNotice: when, in seconds since 1970; 0: there is nothing to tell
};

inline void write(WireWriter& out, const EmergencyQuestion& question) {
  out.number(kEmergencyProtocolVersion);
  out.number(static_cast<std::uint8_t>(question.step));
  out.string(question.account);
  out.number(question.uid);
  out.string(question.code ? question.code->bytes() : Bytes());
}

inline std::optional<EmergencyQuestion> read_emergency_question(Bytes packet) {
  WireReader in(packet);
  const bool version = in.number<std::uint8_t>() == kEmergencyProtocolVersion;
  EmergencyQuestion question;
  question.step = in.enumerator(EmergencyStep::kBegin, EmergencyStep::kNotice);
  question.account = in.string();
  question.uid = in.number<std::uint32_t>();
  const Bytes code = in.bytes();
  if (!version || !in.complete()) return std::nullopt;
  if (question.step == EmergencyStep::kTry ? !is_emergency_code(code) : !code.empty()) return std::nullopt;
  if (!code.empty()) question.code = Secret::copy_of(code);
  if (question.step == EmergencyStep::kTry && !question.code) return std::nullopt;
  return question;
}

inline void write(WireWriter& out, const EmergencyAnswer& answer) {
  out.number(kEmergencyProtocolVersion);
  out.number(static_cast<std::uint16_t>(answer.verdict));
  for (const std::string* text : {&answer.cause, &answer.id, &answer.challenge})
    out.string(std::string_view(*text).substr(0, kMaxEmergencyPacket / 4));
  out.number(answer.used);
}

inline std::optional<EmergencyAnswer> read_emergency_answer(Bytes packet) {
  WireReader in(packet);
  const bool version = in.number<std::uint8_t>() == kEmergencyProtocolVersion;
  const auto verdict = verdict_from(in.number<std::uint16_t>());
  EmergencyAnswer answer{verdict.value_or(Verdict::kEmergencyUnusable), in.string(), in.string(), in.string(),
                         in.number<std::uint64_t>()};
  const bool challenge = answer.challenge.empty() || is_emergency_code(as_bytes(answer.challenge));
  return version && verdict && challenge && in.complete() ? std::optional(std::move(answer)) : std::nullopt;
}

}  // namespace jpki
