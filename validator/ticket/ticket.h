// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Ticket: a ticket-granting ticket with its session key, as jpki-ticket hands it from the process that got it
// to the one that keeps it. Nobody in between looks into it.
#pragma once

#include "base/wire.h"

#include <optional>
#include <string>

namespace jpki::ticket {

// The fields of krb5_creds that a credential cache keeps.
struct Ticket {
  std::string client;  // principals as text (krb5_unparse_name)
  std::string server;
  std::uint32_t key_type = 0;  // RFC 3961
  Blob key;
  std::uint32_t authenticated = 0;  // seconds since 1970, as KerberosTime goes: up to 2106
  std::uint32_t begins = 0;
  std::uint32_t ends = 0;
  std::uint32_t renewable_until = 0;
  std::uint32_t flags = 0;  // RFC 4120 5.3
  Blob octets;              // the Ticket itself
  bool operator==(const Ticket&) const = default;
};

// Nothing: longer than any ticket.
inline std::optional<Blob> encode_ticket(const Ticket& ticket, std::size_t most) {
  Blob octets(most);
  WireWriter out(octets);
  out.string(ticket.client);
  out.string(ticket.server);
  out.number(ticket.key_type);
  out.string(ticket.key);
  for (const std::uint32_t number :
       {ticket.authenticated, ticket.begins, ticket.ends, ticket.renewable_until, ticket.flags})
    out.number(number);
  out.string(ticket.octets);
  if (out.overflow()) return std::nullopt;
  octets.resize(out.used());
  return octets;
}

inline std::optional<Ticket> decode_ticket(Bytes octets) {
  WireReader in(octets);
  Ticket ticket;
  ticket.client = in.string();
  ticket.server = in.string();
  ticket.key_type = in.number<std::uint32_t>();
  ticket.key = to_blob(in.bytes());
  for (std::uint32_t* number :
       {&ticket.authenticated, &ticket.begins, &ticket.ends, &ticket.renewable_until, &ticket.flags})
    *number = in.number<std::uint32_t>();
  ticket.octets = to_blob(in.bytes());
  return in.complete() ? std::optional(std::move(ticket)) : std::nullopt;
}

}  // namespace jpki::ticket
