// SPDX-License-Identifier: LGPL-2.1-or-later
//
// The packets between a login and jpki-succession: one question, one answer.
#pragma once

#include "base/bytes.h"
#include "base/wire.h"
#include "validator/x509/kind.h"

#include <optional>
#include <string>

namespace jpki::succession {

inline constexpr char kRegistrarProgram[] = JPKI_LIBEXECDIR "/jpki-succession";
inline constexpr std::size_t kMaxPacket = std::size_t{80} << 10;

struct Question {
  x509::Kind kind = x509::Kind::kUnknown;
  std::string account;  // that the PIN was asked for
  Blob certificate;     // DER
  bool operator==(const Question&) const = default;
};

struct Reply {
  bool registered = false;
  std::uint8_t overlap_days = 0;  // of a registered one
  std::string cause;              // of a refused one, for the log
  bool operator==(const Reply&) const = default;
};

void write(WireWriter& out, const Question& question);
void write(WireWriter& out, const Reply& reply);
// Nothing for what is malformed.
std::optional<Question> read_question(Bytes packet);
std::optional<Reply> read_reply(Bytes packet);

}  // namespace jpki::succession
