// SPDX-License-Identifier: LGPL-2.1-or-later
#include "pam_jpki/timeline.h"

#include <algorithm>

namespace jpki::pam {

Timeline::Timeline(Instant start, std::chrono::seconds timeout, std::chrono::seconds wait_for_card)
    : start_(start), timeout_(timeout), wait_allowed_(wait_for_card) {}

Timeline::Duration Timeline::waited(Instant now) const {
  const bool waiting = !entries_.empty() && entries_.back().step == Step::kWaitingForCard;
  const Duration current = waiting ? now - entries_.back().at : Duration::zero();
  return std::min(waited_before_ + current, wait_allowed_);
}

Timeline::Duration Timeline::spent_in(Step step, Instant now) const {
  Duration spent{};
  for (std::size_t i = 0; i < entries_.size(); ++i)
    if (entries_[i].step == step)
      spent += (i + 1 < entries_.size() ? entries_[i + 1].at : now) - entries_[i].at;
  return spent;
}

void Timeline::enter(Step step, Instant now) {
  waited_before_ = waited(now);
  entries_.push_back({step, now});
}

Timeline::Duration Timeline::left(Instant now, Duration person) const {
  const bool waiting = !entries_.empty() && entries_.back().step == Step::kWaitingForCard;
  // What was used of the time of such a step, or all of it while it lasts.
  const auto own = [&](Step step, Duration most) {
    const bool lasts = !entries_.empty() && entries_.back().step == step;
    return lasts ? most : std::min(spent_in(step, now), most);
  };
  const Duration allowance = (waiting ? wait_allowed_ : waited_before_) +
                             own(Step::kGettingTicket, kMostForTicket) +
                             own(Step::kPinOnReader, kMostOnReader);
  return timeout_ + allowance + person - (now - start_);
}

Timeline::Duration Timeline::wait_left(Instant now) const {
  return wait_allowed_ - waited(now);
}

std::optional<Step> Timeline::step() const {
  return entries_.empty() ? std::nullopt : std::optional(entries_.back().step);
}

Verdict Timeline::out_of_time() const {
  if (entries_.empty()) return Verdict::kTimeout;
  switch (entries_.back().step) {
    case Step::kAskingCardService:
      return Verdict::kCardServiceDown;
    case Step::kReachingSeat:
      return Verdict::kSeatUnreachable;
    case Step::kOpeningModules:
    case Step::kLookingForCard:
    case Step::kReadingCard:
    case Step::kChoosingCard:
    case Step::kVerifyingPin:
    case Step::kSigning:
      return Verdict::kCardSilent;
    case Step::kConfiguring:
    case Step::kWaitingForCard:
    case Step::kCheckingCertificate:
    case Step::kCheckingRevocation:
    case Step::kFindingAccount:
    case Step::kWaitingForPin:
    case Step::kClosing:
    case Step::kReadingEvidence:
    case Step::kGettingTicket:
    case Step::kPinOnReader:
      return Verdict::kTimeout;
  }
  return Verdict::kTimeout;
}

std::string Timeline::text() const {
  std::string out;
  for (const Entry& entry : entries_) {
    const auto at = std::chrono::duration_cast<std::chrono::milliseconds>(entry.at - start_).count();
    if (!out.empty()) out += ' ';
    out.append(name_of(entry.step)).append(":").append(std::to_string(at));
  }
  return out;
}

}  // namespace jpki::pam
