// SPDX-License-Identifier: LGPL-2.1-or-later
#include "pam_jpki/no_echo.h"

#include "base/terminal_name.h"
#include "pam_jpki/interrupt.h"

#include <string_view>

#include <unistd.h>

namespace jpki::pam {
namespace {

bool is_standard_input(std::string_view terminal) {
  char name[256];
  if (terminal.empty() || ::isatty(STDIN_FILENO) != 1 || ::ttyname_r(STDIN_FILENO, name, sizeof name) != 0)
    return false;
  const std::string_view path(name);
  return terminal == path || terminal == terminal_name(path);
}

}  // namespace

// A process in the background would be stopped for touching it.
NoEcho::NoEcho(const std::string& terminal)
    : ours_(is_standard_input(terminal) && ::tcgetpgrp(STDIN_FILENO) == ::getpgrp()) {}

void NoEcho::begin() {
  if (!ours_ || off_ || ::tcgetattr(STDIN_FILENO, &before_) != 0 || (before_.c_lflag & ECHO) == 0) return;
  sigset_t held;
  ::sigemptyset(&held);
  for (const int signal : kStopping) ::sigaddset(&held, signal);
  if (::pthread_sigmask(SIG_BLOCK, &held, &signals_before_) != 0) return;
  termios without = before_;
  without.c_lflag &= ~static_cast<tcflag_t>(ECHO | ECHONL);
  off_ = ::tcsetattr(STDIN_FILENO, TCSANOW, &without) == 0;
  if (!off_) ::pthread_sigmask(SIG_SETMASK, &signals_before_, nullptr);
}

void NoEcho::end() {
  if (!off_) return;
  off_ = false;
  ::tcsetattr(STDIN_FILENO, TCSAFLUSH, &before_);
  ::pthread_sigmask(SIG_SETMASK, &signals_before_, nullptr);
}

}  // namespace jpki::pam
