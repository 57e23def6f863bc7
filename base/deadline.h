// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Deadline: one point on the monotonic clock that every wait of an operation shares.
#pragma once

#include <algorithm>
#include <chrono>
#include <climits>

namespace jpki {

class Deadline {
 public:
  using ClockType = std::chrono::steady_clock;

  static Deadline after(std::chrono::milliseconds span) { return Deadline(ClockType::now() + span); }
  static Deadline never() { return Deadline(ClockType::time_point::max()); }

  static Deadline at(ClockType::time_point at) { return Deadline(at); }

  bool passed() const { return ClockType::now() >= at_; }

  // What poll(2) takes: milliseconds left, rounded up, 0 when passed, -1 for never.
  int poll_timeout() const {
    if (at_ == ClockType::time_point::max()) return -1;
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(at_ - ClockType::now()).count();
    return static_cast<int>(std::clamp<decltype(left)>(left, 0, INT_MAX));
  }

 private:
  explicit Deadline(ClockType::time_point at) : at_(at) {}
  ClockType::time_point at_;
};

}  // namespace jpki
