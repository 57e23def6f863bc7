// SPDX-License-Identifier: LGPL-2.1-or-later
//
// SpeedWatch: whether a server has been dripping for too long (kSlowest, kSlowFor).
#pragma once

#include "validator/fetch/program/transfer.h"

namespace jpki::fetch {

class SpeedWatch {
 public:
  using TimePoint = std::chrono::steady_clock::time_point;

  explicit SpeedWatch(TimePoint now) : window_(now), slow_since_(now) {}

  void count(std::size_t bytes) { bytes_ += bytes; }
  // Call it at next_event() at the latest.
  bool too_slow(TimePoint now) {
    const auto span = now - window_;
    if (span >= kWindow) {
      const auto needed = std::chrono::duration_cast<std::chrono::seconds>(span).count() * kSlowest;
      if (bytes_ >= static_cast<std::size_t>(needed)) slow_since_ = now;
      window_ = now;
      bytes_ = 0;
    }
    return now >= next_event();
  }
  TimePoint next_event() const { return slow_since_ + std::chrono::seconds(kSlowFor); }

 private:
  static constexpr std::chrono::seconds kWindow{5};

  TimePoint window_;
  TimePoint slow_since_;
  std::size_t bytes_ = 0;  // in this window
};

}  // namespace jpki::fetch
