// SPDX-License-Identifier: LGPL-2.1-or-later
//
// The name of this machine.
#pragma once

#include <string>

#include <sys/utsname.h>

namespace jpki {

// As uname(2) has it: at most 64 bytes, of whatever root chose. Empty when the kernel tells none.
inline std::string node_name() {
  utsname names;
  return ::uname(&names) == 0 ? names.nodename : std::string();
}

}  // namespace jpki
