// SPDX-License-Identifier: LGPL-2.1-or-later
//
// The name of a terminal as logind and people write it: "/dev/tty3" and "tty3" are the same one.
#pragma once

#include <string_view>

namespace jpki {

inline constexpr std::string_view kDevices = "/dev/";

constexpr std::string_view terminal_name(std::string_view terminal) noexcept {
  if (terminal.starts_with(kDevices)) terminal.remove_prefix(kDevices.size());
  return terminal;
}

}  // namespace jpki
