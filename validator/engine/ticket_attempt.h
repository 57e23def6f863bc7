// SPDX-License-Identifier: LGPL-2.1-or-later
//
// TicketAttempt: the Kerberos ticket of one login, as far as it has come. Where none is wanted nothing of it
// does anything.
#pragma once

#include "validator/engine/authenticate.h"
#include "validator/engine/candidate.h"
#include "validator/engine/path_check.h"

#include <optional>

namespace jpki::engine {

class TicketAttempt {
 public:
  // Both must outlive it.
  TicketAttempt(const Start& start, const Services& services) : start_(start), services_(services) {}
  TicketAttempt(const TicketAttempt&) = delete;
  TicketAttempt& operator=(const TicketAttempt&) = delete;
  ~TicketAttempt();

  // Before the PIN. Only an RSA key has a ticket: libkrb5 knows no other on a token before 1.22.
  void begin(const std::string& account, const CheckedPath& path);
  // While the card is PIN-verified.
  void sign(const Candidate& candidate);
  // When everything else is found good and the cards are closed. A refusal only where a ticket is required.
  Expected<Unit, Refusal> conclude();
  // To the person's session.
  void hand_over();

  // Of an accepted login: why it has no ticket though one was wanted.
  std::optional<Verdict> missing() const;
  bool required() const;

 private:
  bool wanted() const { return services_.ticketing != nullptr && start_.purpose == Purpose::kLogin; }
  void fail(ticket::Failure failure);

  const Start& start_;
  const Services& services_;
  std::optional<ticket::Failure> failure_;
  Blob signature_;  // nobody else has it before conclude()
  Blob ticket_;     // wiped
};

}  // namespace jpki::engine
