// SPDX-License-Identifier: LGPL-2.1-or-later
//
// The allow-list of system calls, as a seccomp filter for every thread of the process.
#pragma once

#include "base/expected.h"

#include <string>

namespace jpki::sandbox {

struct SystemCalls {
  bool unix_sockets = false;
  bool internet_sockets = false;
  bool threads = false;
  bool helpers = false;
  bool writing = false;  // calls that change files and directories
};

// Needs no_new_privs. A call that is not allowed ends the process.
Expected<Unit, std::string> restrict_system_calls(const SystemCalls& allowed);

}  // namespace jpki::sandbox
