// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Job: one request on its way: its alternatives in order or hedged, until one of them gives the document, all
// have failed, or the time is over.
#pragma once

#include "validator/fetch/fetch_protocol.h"
#include "validator/fetch/program/transfer.h"

#include <chrono>
#include <vector>

namespace jpki::fetch {

class Job {
 public:
  using ClockType = std::chrono::steady_clock;

  // `site` and `network` must outlive the job.
  Job(FetchCall call, UniqueFd file, const Site& site, Network& network);
  Job(const Job&) = delete;
  Job& operator=(const Job&) = delete;

  // Takes what has ended and starts what is due now. Call it first, after every Network::work(), and at
  // next_event().
  void proceed();
  ClockType::time_point next_event() const;

  // Once there is one, nothing is written to the file any more.
  const std::optional<FetchResult>& result() const { return result_; }

 private:
  void take_ended();
  void start_next();
  Expected<std::unique_ptr<Transfer>, FetchError> begin(const Attempt& attempt);
  void conclude(Expected<FetchAnswer, FetchError> outcome);
  void give_up();
  void failed(FetchError error);
  bool hedges() const { return call_.request.hedge_after.count() > 0; }
  std::size_t count() const { return call_.request.alternatives.size(); }
  std::chrono::milliseconds share() const;

  FetchCall call_;
  UniqueFd file_;
  const Site& site_;
  Network& network_;
  ClockType::time_point end_;
  ClockType::time_point next_start_;  // of the next alternative when the running ones have no answer by then
  std::size_t next_ = 0;
  std::vector<std::unique_ptr<Transfer>> running_;
  std::vector<FetchError> errors_;
  std::optional<FetchResult> result_;
};

}  // namespace jpki::fetch
