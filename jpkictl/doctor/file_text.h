// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Files of the machine as they are, to look at: nothing is trusted.
#pragma once

#include <string>

namespace jpki::ctl::doctor {

// Empty when it cannot be read.
std::string text_of_file(const std::string& path);

}  // namespace jpki::ctl::doctor
