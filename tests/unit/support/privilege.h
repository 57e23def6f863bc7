// SPDX-License-Identifier: LGPL-2.1-or-later
//
// What this process is allowed to do, for tests that need it. The uid 0 says little: root of a user
// namespace, or without its capabilities, gives nothing away and becomes nobody else.
#pragma once

#include <cstdlib>

#include <sys/wait.h>
#include <unistd.h>

namespace jpki::test {

// A child tries it.
template <typename Attempt>
bool can(Attempt attempt) {
  const pid_t child = ::fork();
  if (child == 0) ::_exit(attempt() ? 0 : 1);
  int status = -1;
  return child > 0 && ::waitpid(child, &status, 0) == child && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

// Can it run as the user and group of this number?
inline bool can_become(uid_t id) {
  return can([id] { return ::setresgid(id, id, id) == 0 && ::setresuid(id, id, id) == 0; });
}

// Can it give its files to the user and group of this number?
inline bool can_give_files_to(uid_t id) {
  return can([id] {
    char name[] = "/tmp/jpki-test-XXXXXX";
    const int fd = ::mkstemp(name);
    ::unlink(name);
    return fd >= 0 && ::fchown(fd, id, id) == 0;
  });
}

}  // namespace jpki::test
