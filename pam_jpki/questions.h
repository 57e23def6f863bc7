// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Questions: what the person is asked in one attempt. What was answered in the attempt before stands where
// the question is the same, and is not asked for again.
#pragma once

#include "pam_jpki/call.h"
#include "pam_jpki/card_entry.h"
#include "pam_jpki/pin_entry.h"

#include <chrono>
#include <optional>

namespace jpki::pam {

struct ChosenCard {
  AskCard ask;
  std::uint8_t card;
  bool operator==(const ChosenCard&) const = default;
};

// What was typed at a prompt that was open for long, and what it was typed for. Still no VERIFY has seen it.
struct LateAnswer {
  AskPin ask;
  PinReply reply;
};

struct Answers {
  std::optional<ChosenCard> card{};
  std::optional<LateAnswer> late{};
};

class Questions {
 public:
  // `call` must outlive the Questions. `before`: of the attempt before.
  Questions(Call& call, FirstPass policy, Answers before)
      : call_(call), policy_(policy), before_(std::move(before)) {}

  // Whether the person can be asked which card is meant.
  bool can_choose() const;

  Expected<std::uint8_t, NoCard> card(const AskCard& ask);
  // A late answer is for the card that was chosen with it; of a smartphone nobody could tell whether it is
  // the same one.
  Expected<EnteredPin, NoPin> pin(const AskPin& ask);

  // Whether so much time has passed since the first question that what was checked before it holds no longer.
  bool too_old() const;
  const std::optional<ChosenCard>& chosen() const noexcept { return chosen_; }

 private:
  void begin();

  Call& call_;
  const FirstPass policy_;
  Answers before_;
  std::optional<ChosenCard> chosen_;
  std::optional<std::chrono::nanoseconds> first_;
};

}  // namespace jpki::pam
