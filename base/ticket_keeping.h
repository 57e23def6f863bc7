// SPDX-License-Identifier: LGPL-2.1-or-later
//
// What pam_jpki.so asks `jpki-ticket --keep`, and the answer: one packet each over a SOCK_SEQPACKET. The
// buffer of a question holds a session key: its owner wipes it.
#pragma once

#include "base/protocol.h"
#include "base/wire.h"

#include <optional>
#include <string>

namespace jpki {

inline constexpr std::uint8_t kTicketKeepingVersion = 1;
inline constexpr std::size_t kMaxTicketKeeping = kMaxTicket + 1024;

struct KeepTicket {
  std::uint32_t uid = 0;  // whose cache it is; never root's
  std::uint32_t gid = 0;  // the user's own group
  Blob ticket;            // of TicketPart
};

struct TicketKept {
  std::string cache;  // its name for KRB5CCNAME; empty: there is none
  std::string cause;  // why not, for the log
};

inline void write(WireWriter& out, const KeepTicket& question) {
  out.number(kTicketKeepingVersion);
  out.number(question.uid);
  out.number(question.gid);
  out.string(question.ticket);
}

inline std::optional<KeepTicket> read_keep_ticket(Bytes packet) {
  WireReader in(packet);
  const bool version = in.number<std::uint8_t>() == kTicketKeepingVersion;
  KeepTicket question{in.number<std::uint32_t>(), in.number<std::uint32_t>(), to_blob(in.bytes())};
  const bool good = version && in.complete() && question.uid != 0 && !question.ticket.empty();
  return good ? std::optional(std::move(question)) : std::nullopt;
}

inline void write(WireWriter& out, const TicketKept& answer) {
  out.number(kTicketKeepingVersion);
  for (const std::string* text : {&answer.cache, &answer.cause})
    out.string(std::string_view(*text).substr(0, 512));
}

// The name goes into an environment: printable, nothing else.
inline std::optional<TicketKept> read_ticket_kept(Bytes packet) {
  WireReader in(packet);
  const bool version = in.number<std::uint8_t>() == kTicketKeepingVersion;
  TicketKept answer{in.string(), in.string()};
  const bool plain = std::ranges::all_of(answer.cache, [](char c) { return c > ' ' && c <= '~'; });
  return version && plain && in.complete() ? std::optional(std::move(answer)) : std::nullopt;
}

}  // namespace jpki
