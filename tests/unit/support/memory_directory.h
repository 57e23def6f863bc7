// SPDX-License-Identifier: LGPL-2.1-or-later
//
// A new directory in memory, for tests that would otherwise wait for a disk; build daemons without /dev/shm
// have one in /tmp.
#pragma once

#include <cstdlib>
#include <string>

namespace jpki::test {

inline std::string make_memory_directory(const std::string& name) {
  for (const char* parent : {"/dev/shm/", "/tmp/"}) {
    std::string pattern = parent + name + "-XXXXXX";
    if (::mkdtemp(pattern.data()) != nullptr) return pattern;
  }
  std::abort();
}

}  // namespace jpki::test
