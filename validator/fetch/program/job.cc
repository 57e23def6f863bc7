// SPDX-License-Identifier: LGPL-2.1-or-later
#include "validator/fetch/program/job.h"

#include <algorithm>

#include <unistd.h>

namespace jpki::fetch {

using std::chrono::milliseconds;

Job::Job(FetchCall call, UniqueFd file, const Site& site, CURLM* multi)
    : call_(std::move(call)),
      file_(std::move(file)),
      site_(site),
      multi_(multi),
      end_(ClockType::now() + call_.request.timeout),
      next_start_(end_) {}

Job::~Job() {
  while (!running_.empty()) remove(running_.size() - 1);
}

void Job::proceed() {
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
  auto transfer =
      Transfer::prepare({call_.request, alternative, file_.get(),
                         hedges() ? Document::Storage::kMemory : Document::Storage::kFile, timeout},
                        site_);
  if (!transfer) return failed(transfer.error());
  if (::curl_multi_add_handle(multi_, (*transfer)->handle()) != CURLM_OK)
    return failed({FetchError::Reason::kHelper, "libcurl: out of memory"});
  running_.push_back(std::move(*transfer));
}

bool Job::transfer_ended(const Transfer* transfer, CURLcode code) {
  const auto found = std::ranges::find(running_, transfer, [](const auto& one) { return one.get(); });
  if (found == running_.end()) return false;
  auto outcome = (*found)->finish(code);
  remove(static_cast<std::size_t>(found - running_.begin()));
  if (outcome) {
    conclude(std::move(outcome));
  } else {
    failed(outcome.error());
  }
  return true;
}

Job::ClockType::time_point Job::next_event() const {
  return next_ < count() ? std::min(next_start_, end_) : end_;
}

bool Job::wants_polling() const {
  return std::ranges::any_of(running_, [](const auto& transfer) { return transfer->is_ldap(); });
}

void Job::remove(std::size_t index) {
  ::curl_multi_remove_handle(multi_, running_[index]->handle());
  running_.erase(running_.begin() + static_cast<std::ptrdiff_t>(index));
}

void Job::failed(FetchError error) {
  errors_.push_back(std::move(error));
}

void Job::conclude(Expected<FetchAnswer, FetchError> outcome) {
  while (!running_.empty()) remove(running_.size() - 1);
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
