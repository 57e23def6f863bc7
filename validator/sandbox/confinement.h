// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Confinement: what a process may still do once it handles bytes from a card or a network. Set after every
// library is loaded and every file is open (a PKCS#11 module cannot initialise inside).
#pragma once

#include "base/expected.h"

#include <string>
#include <vector>

namespace jpki::sandbox {

struct Confinement {
  bool unix_sockets = false;      // connect to local services: pcscd
  bool internet_sockets = false;  // IPv4 and IPv6: jpki-fetch alone
  std::vector<std::string> readable;  // files and directories that stay readable
  std::vector<std::string> writable;  // directories in which files may be made, written and renamed
};

// From here on, for this process and all it could start: no new privileges, no capability, no exec, no ptrace,
// no socket family but those above, no file but those above, no core dump, bounded memory and file size.
// System calls outside the allow-list end the process (SIGSYS). A kernel without Landlock is an error as well.
Expected<Unit, std::string> confine(const Confinement& confinement);

}  // namespace jpki::sandbox
