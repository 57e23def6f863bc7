// SPDX-License-Identifier: LGPL-2.1-or-later
//
// HeldSignals: while it lives, the signals that end a program by hand (Ctrl-C and its kind) wait, so that
// what belongs together is written together. They are delivered when it ends.
#pragma once

#include <algorithm>
#include <csignal>
#include <iterator>

namespace jpki::ctl {

class HeldSignals {
 public:
  HeldSignals() noexcept {
    sigset_t held;
    ::sigemptyset(&held);
    for (const int signal : kEnding) ::sigaddset(&held, signal);
    ::sigaddset(&held, SIGTSTP);
    ::sigprocmask(SIG_BLOCK, &held, &before_);
  }
  HeldSignals(const HeldSignals&) = delete;
  HeldSignals& operator=(const HeldSignals&) = delete;
  ~HeldSignals() { ::sigprocmask(SIG_SETMASK, &before_, nullptr); }

  // Whether the program is to end: for work that can still be dropped.
  bool end_is_asked() const noexcept {
    sigset_t pending;
    ::sigpending(&pending);
    return std::any_of(std::begin(kEnding), std::end(kEnding),
                       [&](int signal) { return ::sigismember(&pending, signal) == 1; });
  }

 private:
  static constexpr int kEnding[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT};

  sigset_t before_{};
};

}  // namespace jpki::ctl
