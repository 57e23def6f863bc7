// SPDX-License-Identifier: LGPL-2.1-or-later
//
// The packets between jpki-validator and jpki-ticket, over the SOCK_SEQPACKET that is descriptor 0 of
// jpki-ticket:
//
//   jpki-validator            jpki-ticket
//   Job          ---------->                   at once; the KDC may be asked
//                <----------  AskCertificate   by jpki-ticket-pkcs11.so, which libkrb5 has loaded there
//   Certificate  ---------->                   when the PIN was right
//                <----------  AskSignature     at most once
//   Signature    ---------->                   when the login is accepted
//                <----------  GotTicket | NoTicket    also before, any time: the last one
//
// A packet is: version (u8), type (u8), fields in the order of the struct (base/wire.h). Anything else, and
// anything at another moment, ends it.
#pragma once

#include "base/wire.h"
#include "base/wire_fields.h"

#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace jpki::ticket {

inline constexpr std::uint8_t kTicketProtocolVersion = 1;
inline constexpr std::size_t kMaxTicketPacket = 64 * 1024;
inline constexpr std::size_t kMostAuthorities = 8;
inline constexpr std::size_t kLongestCause = 512;

struct Job {
  std::string account;            // the principal without its realm
  std::vector<Blob> authorities;  // Ticketing::begin()
  bool operator==(const Job&) const = default;
};
struct AskCertificate {
  bool operator==(const AskCertificate&) const = default;
};
struct Certificate {
  Blob der;
  bool operator==(const Certificate&) const = default;
};
struct AskSignature {
  Blob digest_info;
  bool operator==(const AskSignature&) const = default;
};
struct Signature {
  Blob octets;
  bool operator==(const Signature&) const = default;
};
struct GotTicket {
  Blob octets;  // at most kMaxTicket of base/protocol.h
  bool operator==(const GotTicket&) const = default;
};
struct NoTicket {
  Verdict verdict = Verdict::kTicketUnusable;  // one of kTicket…
  std::string cause;                           // for the log
  bool operator==(const NoTicket&) const = default;
};

// The place of each is its number on the wire.
using Packet = std::variant<Job, AskCertificate, Certificate, AskSignature, Signature, GotTicket, NoTicket>;

inline bool is_of_tickets(Verdict verdict) {
  return verdict >= Verdict::kTicketUnreachable && verdict <= Verdict::kTicketNotKept;
}

// Nothing: it does not fit into kMaxTicketPacket.
inline std::optional<Blob> encode_packet(const Packet& packet) {
  Blob octets(kMaxTicketPacket);
  WireWriter out(octets);
  out.number(kTicketProtocolVersion);
  out.number(static_cast<std::uint8_t>(packet.index()));
  struct Fields {
    WireWriter& out;
    void operator()(const Job& p) const {
      out.string(p.account);
      out.number(static_cast<std::uint8_t>(p.authorities.size()));
      for (const Blob& der : p.authorities) out.string(der);
    }
    void operator()(const AskCertificate&) const {}
    void operator()(const Certificate& p) const { out.string(p.der); }
    void operator()(const AskSignature& p) const { out.string(p.digest_info); }
    void operator()(const Signature& p) const { out.string(p.octets); }
    void operator()(const GotTicket& p) const { out.string(p.octets); }
    void operator()(const NoTicket& p) const {
      put(out, p.verdict);
      out.string(std::string_view(p.cause).substr(0, kLongestCause));
    }
  };
  std::visit(Fields{out}, packet);
  if (out.overflow()) return std::nullopt;
  octets.resize(out.used());
  return octets;
}

inline std::optional<Packet> decode_packet(Bytes octets) {
  WireReader in(octets);
  if (in.number<std::uint8_t>() != kTicketProtocolVersion) return std::nullopt;
  const auto type = in.number<std::uint8_t>();
  const auto bytes = [&] { return to_blob(in.bytes()); };
  Packet packet;
  switch (type) {
    case 0: {
      Job job{in.string(), {}};
      const auto count = in.number<std::uint8_t>();
      if (count > kMostAuthorities) in.fail();
      for (std::size_t i = 0; in.good() && i < count; ++i) job.authorities.push_back(bytes());
      packet = std::move(job);
      break;
    }
    case 1:
      packet = AskCertificate{};
      break;
    case 2:
      packet = Certificate{bytes()};
      break;
    case 3:
      packet = AskSignature{bytes()};
      break;
    case 4:
      packet = Signature{bytes()};
      break;
    case 5:
      packet = GotTicket{bytes()};
      break;
    case 6: {
      const Verdict verdict = take_verdict(in);
      packet = NoTicket{verdict, in.string()};
      if (!is_of_tickets(verdict)) in.fail();
      break;
    }
    default:
      return std::nullopt;
  }
  return in.complete() ? std::optional(std::move(packet)) : std::nullopt;
}

}  // namespace jpki::ticket
