// SPDX-License-Identifier: LGPL-2.1-or-later
//
// HeldSignals: while it lives, the signals that end a program by hand (Ctrl-C and its kind) wait, so that
// what belongs together is written together.
#pragma once

#include <csignal>

namespace jpki::ctl {

class HeldSignals {
 public:
  HeldSignals() noexcept {
    sigset_t held;
    ::sigemptyset(&held);
    for (const int signal : {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGTSTP}) ::sigaddset(&held, signal);
    ::sigprocmask(SIG_BLOCK, &held, &before_);
  }
  HeldSignals(const HeldSignals&) = delete;
  HeldSignals& operator=(const HeldSignals&) = delete;
  ~HeldSignals() { ::sigprocmask(SIG_SETMASK, &before_, nullptr); }

 private:
  sigset_t before_{};
};

}  // namespace jpki::ctl
