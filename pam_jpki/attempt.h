// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Attempt: one validator, from its start to its end, and what this side makes of its answer. The validator's
// word is not enough: the nonce must be ours, a PIN must have been given, and the account must be the one
// that logs in, exist here and be allowed.
#pragma once

#include "pam_jpki/call.h"
#include "pam_jpki/questions.h"
#include "pam_jpki/ticket.h"
#include "pam_jpki/timeline.h"

#include <chrono>
#include <optional>
#include <string>

namespace jpki::pam {

struct AttemptResult {
  Verdict verdict = Verdict::kHelperFailed;
  std::chrono::steady_clock::time_point begun = std::chrono::steady_clock::now();
  bool conversation_failed = false;
  bool interrupted = false;  // by Ctrl-C, which the host has still to see
  bool first_pass_used = false;
  std::string account{};  // that the certificate is bound to, if it came that far
  std::optional<std::uint8_t> tries_left{};
  bool smartphone = false;                     // its PIN was asked for
  std::uint8_t wrong_before = 0;               // tries that were gone when the PIN was asked for
  std::optional<std::uint8_t> expires_in{};    // days, where the person is to be told
  std::optional<std::uint8_t> overlap_days{};  // of Outcome
  std::string registrable{};                   // of Outcome
  Blob registrable_certificate{};              // of Outcome
  bool other_card = false;                     // of Outcome
  std::string pseudonym{};
  std::string token_label{};       // of a card that was accepted; may be empty
  std::optional<UsedCard> card{};  // of a login that was accepted
  LoginNonce nonce{};
  CardTicket ticket{};                 // of a login that was accepted; may be empty
  std::optional<Verdict> no_ticket{};  // why it is, where one is wanted
  std::string cause{};                 // for the log, of a refusal before any card is looked at
  // For an attempt that follows. With a late answer it must follow, for this one was too old.
  Answers answers{};
};

// Runs one attempt. No process and no descriptor is left, whatever happened.
// `before`: of the attempt before.
AttemptResult run_attempt(Call& call, Timeline& timeline, FirstPass policy, Answers before = {});

}  // namespace jpki::pam
