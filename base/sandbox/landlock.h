// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Landlock: which files the calling thread, and the threads it makes, can still open. See landlock(7).
#pragma once

#include "base/expected.h"

#include <string>
#include <vector>

namespace jpki::sandbox {

struct FileAccess {
  const std::vector<std::string>& readable;
  const std::vector<std::string>& writable;
  bool tcp = false;      // connect by TCP; listening is never allowed
  bool signals = false;  // to processes that were started before
};

// Does the running kernel keep a process from the abstract sockets of others by Landlock (ABI 6)?
bool hides_abstract_sockets();

// Uses every restriction that the running kernel knows (ABI 1 to 6; later ones add none that we need). Needs
// no_new_privs. The error tells why the kernel has no Landlock.
Expected<Unit, std::string> restrict_files(const FileAccess& access);

}  // namespace jpki::sandbox
