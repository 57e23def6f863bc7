// SPDX-License-Identifier: LGPL-2.1-or-later
//
// A program of the system, and a part of this one in a process of its own: what they write, in bounded time.
#pragma once

#include "base/deadline.h"

#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace jpki::ctl::doctor {

inline constexpr std::chrono::seconds kPatience{10};

// What `argv` (an absolute path first) writes to standard output, at most a megabyte, in a C locale. Nothing
// when it cannot be started, fails, or does not end in time.
std::optional<std::string> output_of(const std::vector<std::string>& argv);

struct Written {
  std::string text;
  bool ended = false;  // false: it was killed, or died
};

// Runs `work` in a child process; what it passes to its argument arrives here, even if it hangs afterwards.
Written in_a_child(const std::function<void(const std::function<void(const std::string&)>& write)>& work,
                   std::chrono::milliseconds patience);

}  // namespace jpki::ctl::doctor
