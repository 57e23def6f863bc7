// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Story: one conversation at a kind of screen, as the person has it.
#pragma once

#include "pam_jpki/line_breaks.h"
#include "pam_jpki/screen.h"
#include "tests/unit/pam_jpki/text.h"

#include <string>
#include <string_view>
#include <vector>

namespace jpki::pam::test {

inline constexpr char kPrompt3[] = "MyNumber card PIN (4 digits, 3 tries left): ";
inline constexpr char kPrompt2[] = "MyNumber card PIN (4 digits, 2 tries left): ";
inline constexpr char kLastTry[] =
    "Only 1 try is left. A wrong PIN locks it, and it must then be reset at the counter of the municipality "
    "where you live (a staff card: by your system administrator). "
    "Please type yes to use the last try, or no to stop: ";

// One conversation: what is shown in order, prompts with ">".
struct Story {
  const char* screen;
  int tries;
  std::vector<std::string> answers;
  int code;
  int verifies;
  std::vector<std::string> questions;
  std::vector<std::string> heard;  // each is part of what is told
};
inline std::string as_shown(std::string_view screen, const std::string& text) {
  const auto found = screen_named(screen.substr(0, screen.find(' ')));
  return found->columns == 0 ? text : with_line_breaks(text, found->columns);
}

}  // namespace jpki::pam::test
