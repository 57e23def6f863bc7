// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Moment: now, by a clock that nobody sets. A code ends by CLOCK_BOOTTIME, which also runs while the machine
// sleeps, within the boot in which it was issued; the time of day is for people alone.
#pragma once

#include "base/expected.h"
#include "base/time.h"

#include <chrono>
#include <string>

namespace jpki::emergency {

struct Moment {
  std::string boot;         // /proc/sys/kernel/random/boot_id: another one after each start of the machine
  std::chrono::seconds up;  // since the machine was started
  Time wall;
};

// The error is for the log.
Expected<Moment, std::string> read_moment();

}  // namespace jpki::emergency
