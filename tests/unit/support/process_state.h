// SPDX-License-Identifier: LGPL-2.1-or-later
//
// What a process does just now, for tests that act once another one waits.
#pragma once

#include <fstream>
#include <string>

#include <sys/types.h>

namespace jpki::test {

// The state of a process or thread, proc_pid_stat(5): 'S' while it waits. It follows the name in parentheses.
inline char state_of(pid_t id) {
  std::ifstream file("/proc/" + std::to_string(id) + "/stat");
  std::string text;
  std::getline(file, text);
  return text.at(text.rfind(')') + 2);
}

}  // namespace jpki::test
