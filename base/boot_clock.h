// SPDX-License-Identifier: LGPL-2.1-or-later
//
// The clock that nobody sets: which start of the machine this is, and the time since then, sleep included.
#pragma once

#include <cstdint>
#include <string>

namespace jpki {

struct BootTime {
  std::string boot;         // /proc/sys/kernel/random/boot_id; empty: it cannot be read
  std::uint64_t up_ms = 0;  // CLOCK_BOOTTIME
};

BootTime boot_time();

}  // namespace jpki
