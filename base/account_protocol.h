// SPDX-License-Identifier: LGPL-2.1-or-later
//
// What pam_jpki.so asks jpki-account, and the answer: one packet each over a SOCK_SEQPACKET.
#pragma once

#include "base/verdict.h"
#include "base/wire.h"

#include <optional>
#include <string>

namespace jpki {

inline constexpr std::uint8_t kAccountProtocolVersion = 3;
inline constexpr std::size_t kMaxAccountPacket = 4096;

struct AccountQuestion {
  std::string service;  // of PAM
  std::string account;
  std::optional<std::uint32_t> uid;  // that this machine gives the name; nothing: there is no such account
  bool local = false;                // in /etc/passwd: only whether it is the directory's account is asked
};

struct AccountAnswer {
  std::optional<Verdict> verdict;  // nothing: the directory does not know the account
  std::string cause;               // for the log
  std::string source;              // who said so: a controller, or the snapshot and why; for the log
};

inline void write(WireWriter& out, const AccountQuestion& question) {
  out.number(kAccountProtocolVersion);
  out.string(question.service);
  out.string(question.account);
  out.flag(question.uid.has_value());
  out.number(question.uid.value_or(0));
  out.flag(question.local);
}

inline std::optional<AccountQuestion> read_account_question(Bytes packet) {
  WireReader in(packet);
  const bool version = in.number<std::uint8_t>() == kAccountProtocolVersion;
  AccountQuestion question{in.string(), in.string(), {}, false};
  const bool has_uid = in.flag();
  const auto uid = in.number<std::uint32_t>();
  if (has_uid) question.uid = uid;
  question.local = in.flag();
  return version && in.complete() ? std::optional(std::move(question)) : std::nullopt;
}

inline void write(WireWriter& out, const AccountAnswer& answer) {
  out.number(kAccountProtocolVersion);
  out.flag(answer.verdict.has_value());
  out.number(static_cast<std::uint16_t>(answer.verdict.value_or(Verdict::kAccepted)));
  for (const std::string* text : {&answer.cause, &answer.source})
    out.string(std::string_view(*text).substr(0, kMaxAccountPacket / 3));
}

inline std::optional<AccountAnswer> read_account_answer(Bytes packet) {
  WireReader in(packet);
  const bool version = in.number<std::uint8_t>() == kAccountProtocolVersion;
  const bool known = in.flag();
  const auto verdict = verdict_from(in.number<std::uint16_t>());
  AccountAnswer answer{known ? verdict : std::nullopt, in.string(), in.string()};
  return version && verdict && in.complete() ? std::optional(std::move(answer)) : std::nullopt;
}

}  // namespace jpki
