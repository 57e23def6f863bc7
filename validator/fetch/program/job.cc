// SPDX-License-Identifier: LGPL-2.1-or-later
#include "validator/fetch/program/job.h"

#include <algorithm>

#include <unistd.h>

namespace jpki::fetch {

using std::chrono::milliseconds;

Job::Job(FetchCall call, UniqueFd file, const Site& site, Network& network)
    : call_(std::move(call)),
      file_(std::move(file)),
      site_(site),
      network_(network),
      end_(ClockType::now() + call_.request.timeout),
      next_start_(end_) {}

void Job::proceed() {
  take_ended();
  const auto now = ClockType::now();
  if (!result_ && now >= end_) {
    const std::string host = host_for_log(call_.request.alternatives.front().url);
    failed({FetchError::Reason::kTimeout, host + ": no document within " +
                                              std::to_string(call_.request.timeout.count()) +
                                              " ms; check the server's load and the time-outs in jpki.toml"});
    give_up();
  }
  while (!result_ && next_ < count() && (running_.empty() || now >= next_start_)) start_next();
  if (!result_ && running_.empty()) give_up();
}

// Those that come later must have their turn as well when this one hangs.
milliseconds Job::share() const {
  const auto left = std::chrono::ceil<milliseconds>(end_ - ClockType::now());
  const auto turns = hedges() ? 1 : static_cast<milliseconds::rep>(count() - next_);
  return std::max(left / turns, milliseconds(1));
}

void Job::start_next() {
  const milliseconds timeout = share();
  const std::size_t alternative = next_++;
  next_start_ = hedges() ? ClockType::now() + call_.request.hedge_after : end_;
  auto transfer = begin({call_.request, alternative, file_.get(),
                         hedges() ? Document::Storage::kMemory : Document::Storage::kFile, timeout});
  if (!transfer) return failed(transfer.error());
  running_.push_back(std::move(*transfer));
}

Expected<std::unique_ptr<Transfer>, FetchError> Job::begin(const Attempt& attempt) {
  const auto url = target_of(attempt.asked().url, site_);
  if (!url) return Unexpected{url.error()};
  return network_.begin(attempt, *url, site_);
}

void Job::take_ended() {
  for (;;) {
    const auto found = std::ranges::find_if(running_, [](const auto& one) { return one->ended(); });
    if (found == running_.end()) return;
    auto outcome = (*found)->finish();
    running_.erase(found);
    if (outcome) return conclude(std::move(outcome));
    failed(outcome.error());
  }
}

Job::ClockType::time_point Job::next_event() const {
  return next_ < count() ? std::min(next_start_, end_) : end_;
}

void Job::failed(FetchError error) {
  errors_.push_back(std::move(error));
}

void Job::conclude(Expected<FetchAnswer, FetchError> outcome) {
  running_.clear();
  file_.reset();
  result_ = FetchResult{call_.ticket, std::move(outcome)};
}

// Every alternative's text, and the reason of the last one that a rule allowed.
void Job::give_up() {
  FetchError all{FetchError::Reason::kForbidden, ""};
  for (const FetchError& error : errors_) {
    if (error.reason != FetchError::Reason::kForbidden) all.reason = error.reason;
    if (all.text.find(error.text) != std::string::npos) continue;  // POST and GET at one host
    all.text += (all.text.empty() ? "" : " | ") + error.text;
  }
  // What failed transfers left is no document.
  const bool emptied = ::ftruncate(file_.get(), 0) == 0;
  if (!emptied) all.text += " | the file for the document could not be emptied";
  conclude(Unexpected{std::move(all)});
}

}  // namespace jpki::fetch
