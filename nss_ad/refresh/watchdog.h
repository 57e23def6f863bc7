// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Watchdog: ends the process when the network takes too long altogether, whatever library waits for it. One
// at a time; only while nothing is being written.
#pragma once

#include <chrono>
#include <string>

namespace jpki::ad::refresh {

class Watchdog {
 public:
  // After `span`: `message` on standard error, exit status 2.
  Watchdog(std::chrono::seconds span, const std::string& message);
  Watchdog(const Watchdog&) = delete;
  Watchdog& operator=(const Watchdog&) = delete;
  ~Watchdog();
};

}  // namespace jpki::ad::refresh
