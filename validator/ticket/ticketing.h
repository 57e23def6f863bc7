// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Ticketing: a Kerberos ticket for the person who logs in, as the login sees it. The card signs once for it
// (RFC 4556 3.2.1); whoever speaks with the KDC is a process that has neither card nor PIN
// (ticket_process.h).
#pragma once

#include "base/bytes.h"
#include "base/expected.h"
#include "base/verdict.h"

#include <string>
#include <vector>

namespace jpki::ticket {

// Why there is no ticket: one of kTicket…, and the cause for the log.
struct Failure {
  Verdict verdict;
  std::string cause;
};

// Called in this order, each once, or not at all.
class Ticketing {
 public:
  virtual ~Ticketing() = default;

  // Whether nobody may be logged in without a ticket.
  virtual bool required() const = 0;

  // Before the PIN: the KDCs of the realm can be looked for while the person types. `authorities`: the
  // certificates above the card's up to its anchor, which comes last. Does not wait.
  virtual void begin(const std::string& account, const std::vector<Blob>& authorities) = 0;

  // When the PIN was right and the card has proven itself: tells the person's certificate, and waits for what
  // the card shall sign by PKCS#1 v1.5: the DigestInfo of a SHA-2 digest, nothing else (RFC 8017 9.2).
  virtual Expected<Blob, Failure> to_be_signed(Bytes certificate) = 0;

  // When the login is accepted, and not before: gives the signature away, and waits for the ticket. Its
  // octets mean something to who keeps it alone (ticket.h); they hold a session key.
  virtual Expected<Blob, Failure> conclude(Bytes signature) = 0;
};

}  // namespace jpki::ticket
