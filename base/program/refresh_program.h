// SPDX-License-Identifier: LGPL-2.1-or-later
//
// What jpki-crl-refresh and nss-ad-refresh share. Both run from a timer or by hand, one run at a time for
// each directory, and replace whole files there that programs of a login read.
#pragma once

#include "base/expected.h"
#include "base/unique_fd.h"

#include <optional>
#include <string>

#include <sys/types.h>

namespace CLI {
class App;
}

namespace jpki::refresh_program {

// A full disk and a reader that is gone are errors of write(2), not the end of the program: ignores SIGXFSZ
// and SIGPIPE. For the start of main().
void ignore_signals_of_writing();

// Adds --version, then parses. A value is the exit status of a program that has nothing to run: 0 after
// --help and --version, 2 after words that do not fit.
std::optional<int> parse_command_line(CLI::App& app, int argc, char** argv);

// The group that may read what other users must not; our own group when we are not root. The error tells the
// next step.
Expected<gid_t, std::string> helper_group();

struct LockFailure {
  bool busy = false;  // another run has it
  int error = 0;      // errno value, where not busy
  std::string text;   // for busy: what to do; else the error's own words
};

// The right to write in `directory`, until the descriptor is closed. An offline run rewrites files in the
// format of newly installed programs, so it waits up to a minute for a run of the old ones; any other run
// gives way at once.
Expected<UniqueFd, LockFailure> lock_for_run(const std::string& program, const std::string& directory,
                                             bool offline);

}  // namespace jpki::refresh_program
