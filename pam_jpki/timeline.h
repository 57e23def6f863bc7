// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Timeline: what the validator did when, how long it may still take, and who is to blame when it takes
// longer.
#pragma once

#include "base/deadline.h"
#include "base/protocol.h"

#include <chrono>
#include <optional>
#include <string>
#include <vector>

namespace jpki::pam {

class Timeline {
 public:
  using Instant = std::chrono::steady_clock::time_point;
  using Duration = std::chrono::steady_clock::duration;

  // One login may take `timeout`, and beyond that `wait_for_card` in Step::kWaitingForCard, kMostForTicket in
  // Step::kGettingTicket, and kMostOnReader in Step::kPinOnReader.
  Timeline(Instant start, std::chrono::seconds timeout, std::chrono::seconds wait_for_card);

  void enter(Step step, Instant now);

  // Machine time that is left at `now`, when `person` was spent in conversations; may be negative.
  Duration left(Instant now, Duration person) const;

  // Of wait_for_card.
  Duration wait_left(Instant now) const;

  // The verdict when time runs out: the silence of the card, of the card service, or ours.
  Verdict out_of_time() const;

  // The last one that began; nothing before the first.
  std::optional<Step> step() const;

  // "configuring:0 reading-card:12": milliseconds since the start at which each step began.
  std::string text() const;

  // More than [ticket] can allow a validator.
  static constexpr std::chrono::seconds kMostForTicket{12};

 private:
  struct Entry {
    Step step;
    Instant at;
  };
  Duration waited(Instant now) const;
  Duration spent_in(Step step, Instant now) const;

  Instant start_;
  Duration timeout_;
  Duration wait_allowed_;
  Duration waited_before_{};  // in completed waits
  std::vector<Entry> entries_;
};

}  // namespace jpki::pam
