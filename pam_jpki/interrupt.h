// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Interrupt: Ctrl-C at a host that holds signals back while it authenticates, as sudo does. A signal that is
// not held back needs nobody's care: the host has it.
#pragma once

#include "base/deadline.h"
#include "base/unique_fd.h"

#include <csignal>

namespace jpki::pam {

// By which a person, or the end of the terminal, stops a program.
inline constexpr int kStopping[] = {SIGINT, SIGQUIT, SIGTSTP, SIGHUP, SIGTERM};

class Interrupt {
 public:
  // The signals that this thread holds back now. The host's signals stay as they are.
  Interrupt();

  enum class First {
    kMessage,    // `fd` is readable, or its connection has ended
    kInterrupt,  // the person wants to stop; the signal stays pending, for the host to see
    kDeadline,
  };
  First wait(int fd, Deadline deadline) const;

 private:
  UniqueFd signals_;  // readable while one is pending; invalid when none is held back
};

}  // namespace jpki::pam
