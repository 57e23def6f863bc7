// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Time of day. Decisions take it as an argument; only main() functions read a clock.
#pragma once

#include <chrono>

namespace jpki {

// Seconds since 1970-01-01T00:00:00Z, as certificates, CRLs and OCSP answers count them.
using Time = std::chrono::sys_seconds;

class Clock {
 public:
  virtual ~Clock() = default;
  virtual Time now() const = 0;
};

class SystemClock final : public Clock {
 public:
  Time now() const override {
    return std::chrono::time_point_cast<std::chrono::seconds>(std::chrono::system_clock::now());
  }
};

}  // namespace jpki
