// SPDX-License-Identifier: LGPL-2.1-or-later
#include "emergency/moment.h"

#include "base/boot_clock.h"

namespace jpki::emergency {

Expected<Moment, std::string> read_moment() {
  const BootTime now = boot_time();
  if (now.boot.empty())
    return Unexpected{std::string("the kernel does not tell its boot and how long that is ago")};
  const std::chrono::milliseconds up(static_cast<std::int64_t>(now.up_ms));
  return Moment{now.boot, std::chrono::floor<std::chrono::seconds>(up), SystemClock().now()};
}

}  // namespace jpki::emergency
