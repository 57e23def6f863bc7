// SPDX-License-Identifier: LGPL-2.1-or-later
//
// The packets between pam_jpki.so and jpki-self-registration: one question, one answer.
#pragma once

#include "base/protocol.h"
#include "base/wire.h"

#include <optional>
#include <string>

namespace jpki {

inline constexpr std::uint8_t kSelfRegistrationProtocolVersion = 2;
inline constexpr std::size_t kLongestSelfRegistrationCause = 2048;
inline constexpr std::size_t kMaxSelfRegistrationPacket = 8192;

// To register the card for the account. Whoever asks has seen that the card is good and its PIN right
// (Purpose::kRegister), that the person said yes, and that the login succeeded by another module.
struct SelfRegistrationQuestion {
  std::string account;
  std::string service;      // of PAM
  std::string certificate;  // Outcome.registrable
  Blob der;                 // Outcome.registrable_certificate
  bool operator==(const SelfRegistrationQuestion&) const = default;
};

// kAccepted: written, and the card logs in from now on. kRegistrationPending: written, and an administrator
// has to agree. Else nothing was written; `cause` is for the log.
struct SelfRegistrationAnswer {
  Verdict verdict = Verdict::kRegistrationUnusable;
  std::string cause;
  bool operator==(const SelfRegistrationAnswer&) const = default;
};

inline void write(WireWriter& out, const SelfRegistrationQuestion& question) {
  out.number(kSelfRegistrationProtocolVersion);
  for (const std::string* text : {&question.account, &question.service, &question.certificate})
    out.string(*text);
  out.string(Bytes(question.der));
}

// Nothing for what is malformed.
inline std::optional<SelfRegistrationQuestion> read_self_registration_question(Bytes packet) {
  WireReader in(packet);
  const bool version = in.number<std::uint8_t>() == kSelfRegistrationProtocolVersion;
  SelfRegistrationQuestion question{in.string(), in.string(), in.string(), to_blob(in.bytes())};
  if (!in.complete() || !version || question.account.empty() || question.certificate.empty() ||
      question.certificate.size() > kMaxRegistrable || question.der.size() > kMaxRegistrableDer)
    return std::nullopt;
  return question;
}

inline void write(WireWriter& out, const SelfRegistrationAnswer& answer) {
  out.number(kSelfRegistrationProtocolVersion);
  out.number(static_cast<std::uint16_t>(answer.verdict));
  out.string(std::string_view(answer.cause).substr(0, kLongestSelfRegistrationCause));
}

inline std::optional<SelfRegistrationAnswer> read_self_registration_answer(Bytes packet) {
  WireReader in(packet);
  const bool version = in.number<std::uint8_t>() == kSelfRegistrationProtocolVersion;
  const auto verdict = verdict_from(in.number<std::uint16_t>());
  SelfRegistrationAnswer answer{verdict.value_or(Verdict::kRegistrationUnusable), in.string()};
  if (!in.complete() || !version || !verdict) return std::nullopt;
  return answer;
}

}  // namespace jpki
