// SPDX-License-Identifier: LGPL-2.1-or-later
//
// jpkictl: the administrator's command line. Wiring only; the sub-commands are in files of their own.
#include "base/sandbox/privileges.h"
#include "jpkictl/program.h"

#include <csignal>
#include <exception>

int main(int argc, char** argv) {
  using namespace jpki;
  // Whoever ignores it never learns how a child of his ended.
  (void)std::signal(SIGCHLD, SIG_DFL);
  const ctl::Context context{.out = stdout,
                             .err = stderr,
                             .now = SystemClock().now(),
                             .ask = ctl::ask_at_terminal,
                             .become_helper = [] { return sandbox::drop_privileges(JPKI_HELPER_USER); }};
  try {
    const auto status = ctl::run({argv + std::min(argc, 1), argv + argc}, context);
    // What could not be written was not told.
    if (std::fflush(stdout) != 0)
      return static_cast<int>(context.could_not_tell("standard output: write failed"));
    return static_cast<int>(status);
  } catch (const std::exception& error) {
    return static_cast<int>(context.could_not_tell(error.what()));
  }
}
