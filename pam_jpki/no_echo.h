// SPDX-License-Identifier: LGPL-2.1-or-later
//
// NoEcho: while nobody is asked, what a person types ahead does not show, for it may be the PIN. Only on the
// terminal that is the host's: its standard input and PAM_TTY, in whose foreground it runs (login, su, sudo).
#pragma once

#include <csignal>
#include <string>

#include <termios.h>

namespace jpki::pam {

class NoEcho {
 public:
  // `terminal` is PAM_TTY.
  explicit NoEcho(const std::string& terminal);
  NoEcho(const NoEcho&) = delete;
  NoEcho& operator=(const NoEcho&) = delete;
  ~NoEcho() { end(); }

  // Off. This thread holds back the signals that would end or stop the process meanwhile: a host that dies
  // would leave the terminal like this.
  void begin();
  // As before; what was typed is dropped. Must be called before anybody is asked. The host has its signals
  // again.
  void end();

 private:
  bool ours_ = false;
  bool off_ = false;
  termios before_{};
  sigset_t signals_before_{};
};

}  // namespace jpki::pam
