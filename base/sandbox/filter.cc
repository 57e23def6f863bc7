// SPDX-License-Identifier: LGPL-2.1-or-later
#include "base/sandbox/filter.h"

namespace jpki::sandbox {

bool set_own_process(Filter& filter, std::uint32_t process) {
  sock_filter* place = nullptr;
  for (sock_filter& instruction : filter) {
    if (instruction.k != kOwnProcess) continue;
    if (place != nullptr || instruction.code != (BPF_JMP | BPF_JEQ | BPF_K)) return false;
    place = &instruction;
  }
  if (place == nullptr) return false;
  place->k = process;
  return true;
}

}  // namespace jpki::sandbox
