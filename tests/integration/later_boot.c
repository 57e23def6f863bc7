// SPDX-License-Identifier: LGPL-2.1-or-later
//
// A library to preload: its program may add seconds to the time since the machine was started.
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

long later_boot_seconds;

int clock_gettime(clockid_t clock, struct timespec* out) {
  const long result = syscall(SYS_clock_gettime, clock, out);
  if (result == 0 && clock == CLOCK_BOOTTIME) out->tv_sec += later_boot_seconds;
  return (int)result;
}
