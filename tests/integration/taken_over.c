// SPDX-License-Identifier: LGPL-2.1-or-later
//
// A library to preload: our program is taken over at the moment at which it would handle the first byte of a
// stranger, tries one thing and ends. In its environment, which the program empties only later:
//   TAKEN_OVER  what is tried, and with what, in the words of hostile_attempts.h
//   REPORT      a file for the result: the name of an errno value, or "done"
//   MOMENT      "confined": its seccomp filter, the last step of confine(), stands; "unprivileged":
//   capabilities and
//               identity are gone, for programs that do not confine themselves; "started": nothing happened
//               yet
#define _GNU_SOURCE
#include "hostile_attempts.h"

#include <dlfcn.h>
#include <limits.h>
#include <stdarg.h>
#include <sys/prctl.h>

static char moment[32], path[PATH_MAX];

static void open_report(void) {
  if (report < 0) report = open(path, O_WRONLY | O_APPEND | O_CLOEXEC);
  if (report < 0) _exit(70);
}

static void take_over_at(const char* now) {
  if (strcmp(now, moment) != 0) return;
  open_report();
  host = getppid();
  tell("trying");
  tell(attempt() < 0 ? strerrorname_np(errno) : "done");
  _exit(0);
}

// What a chosen file or a chosen kernel will not let it open later.
__attribute__((constructor)) static void read_order(void) {
  const char* const order = getenv("TAKEN_OVER");
  const char* const file = getenv("REPORT");
  const char* const when = getenv("MOMENT");
  if (order == NULL || file == NULL || when == NULL || strlen(file) >= sizeof path ||
      strlen(when) >= sizeof moment)
    _exit(71);
  if (sscanf(order, "%63s %255s", verb, object) != 2) _exit(72);
  strcpy(path, file);
  strcpy(moment, when);
  take_over_at("started");
}

typedef long Call(long number, ...);

long syscall(long number, ...) {
  static Call* real;
  if (real == NULL) real = (Call*)dlsym(RTLD_NEXT, "syscall");
  va_list list;
  va_start(list, number);
  long a[6];
  for (int i = 0; i < 6; ++i) a[i] = va_arg(list, long);
  va_end(list);
  if (number == SYS_landlock_create_ruleset) open_report();  // no file can be opened soon
  const long result = real(number, a[0], a[1], a[2], a[3], a[4], a[5]);
  if (number == SYS_seccomp && result == 0) take_over_at("confined");
  return result;
}

typedef int Control(int operation, ...);

int prctl(int operation, ...) {
  static Control* real;
  if (real == NULL) real = (Control*)dlsym(RTLD_NEXT, "prctl");
  va_list list;
  va_start(list, operation);
  unsigned long a[4];
  for (int i = 0; i < 4; ++i) a[i] = va_arg(list, unsigned long);
  va_end(list);
  const int result = real(operation, a[0], a[1], a[2], a[3]);
  if (operation == PR_SET_DUMPABLE && result == 0) take_over_at("unprivileged");
  return result;
}
