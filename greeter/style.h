// SPDX-License-Identifier: LGPL-2.1-or-later
//
// How the screen looks: one style sheet whose sizes follow the height of the monitor. Text is at least 7:1
// against what is behind it (WCAG 2.1, 1.4.6).
#pragma once

#include <string>

namespace jpki::greeter {

// For a monitor of `height` application pixels.
std::string style_sheet(int height);

}  // namespace jpki::greeter
