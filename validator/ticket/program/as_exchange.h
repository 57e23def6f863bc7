// SPDX-License-Identifier: LGPL-2.1-or-later
//
// AsExchange: the AS exchange of RFC 4120 3.1 with PKINIT, by libkrb5 and its plug-in pkinit, whose token is
// jpki-ticket-pkcs11.so. One at a time in a process.
#pragma once

#include "base/expected.h"
#include "base/program/krb5_handles.h"
#include "base/unique_fd.h"
#include "validator/config/ticket_policy.h"
#include "validator/ticket/program/as_error.h"
#include "validator/ticket/ticket.h"
#include "validator/ticket/ticket_protocol.h"

#include <string>

namespace jpki::ticket {

inline constexpr char kTokenModule[] = JPKI_LIBEXECDIR "/jpki-ticket-pkcs11.so";

class AsExchange {
 public:
  // Loads everything that libkrb5 would load later: nothing can be loaded in a process that is confined.
  static Expected<AsExchange, NoTicket> prepare(const config::TicketPolicy& policy);

  // Asks the KDCs. The token asks over descriptor 0 meanwhile.
  Expected<Ticket, NoTicket> run(const Job& job);

 private:
  AsExchange(config::TicketPolicy policy, Blob kdc_anchors, UniqueFd settings, UniqueFd anchors,
             krb5::Context context, krb5::Options options);
  Expected<Unit, NoTicket> write_anchors(const Job& job);
  NoTicket explain(const AsError& error) const;

  config::TicketPolicy policy_;
  Blob kdc_anchors_;   // PEM
  UniqueFd settings_;  // krb5.conf without a name
  UniqueFd anchors_;   // PEM, without a name
  krb5::Context context_;
  krb5::Options options_;  // of the exchange; the token's is among them
};

}  // namespace jpki::ticket
