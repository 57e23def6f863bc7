// SPDX-License-Identifier: LGPL-2.1-or-later
//
// The seccomp filter of each set of allowed system calls. They are the same at every start, so make_filters
// makes them when the programs are built, with libseccomp from filter_rules.h, and a process copies its own
// out of a table. Only the id of the process, which a filter names once, is not known then: kOwnProcess
// stands for it, make_filters proves that it stands in one place, and set_own_process() puts the id there.
//
// A cross build cannot run make_filters: its programs make the same filter with libseccomp at each start.
#pragma once

#include "base/expected.h"
#include "base/sandbox/system_calls.h"

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include <linux/filter.h>

namespace jpki::sandbox {

using Filter = std::vector<sock_filter>;

// No process has it: ids end at 2^22 (PID_MAX_LIMIT of the kernel).
inline constexpr std::uint32_t kOwnProcess = 0x7ffffffd;

// One for each set of allowed calls.
inline constexpr std::size_t kFilterCount = 32;
constexpr std::size_t filter_number(const SystemCalls& allowed) {
  return (allowed.unix_sockets ? 1u : 0u) | (allowed.internet_sockets ? 2u : 0u) |
         (allowed.threads ? 4u : 0u) | (allowed.helpers ? 8u : 0u) | (allowed.writing ? 16u : 0u);
}
constexpr SystemCalls filter_set(std::size_t number) {
  return {.unix_sockets = (number & 1) != 0,
          .internet_sockets = (number & 2) != 0,
          .threads = (number & 4) != 0,
          .helpers = (number & 8) != 0,
          .writing = (number & 16) != 0};
}

// As it was made: with kOwnProcess.
Expected<Filter, std::string> filter_of(const SystemCalls& allowed);

// False unless one instruction compares with kOwnProcess; then it compares with `process` from now on.
bool set_own_process(Filter& filter, std::uint32_t process);

}  // namespace jpki::sandbox
