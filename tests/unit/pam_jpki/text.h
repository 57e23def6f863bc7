// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Comparing texts in a test: Check's own macro would keep pointers into temporaries.
#pragma once

#include "tests/unit/support/check_main.h"

#include <string>

namespace jpki::pam {

inline void check_text(const std::string& actual, const std::string& expected) {
  ck_assert_msg(actual == expected, "\"%s\" is not \"%s\"", actual.c_str(), expected.c_str());
}

}  // namespace jpki::pam
