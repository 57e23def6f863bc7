// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Comparisons that Check's macros get wrong: they evaluate arguments twice and keep pointers into
// temporaries.
#pragma once

#include "base/verdict.h"
#include "tests/unit/support/check_main.h"

namespace jpki::test {

inline void expect_text(const std::string& actual, const std::string& expected) {
  ck_assert_msg(actual == expected, "\"%s\" instead of \"%s\"", actual.c_str(), expected.c_str());
}

inline void expect_contains(const std::string& text, const std::string& part) {
  ck_assert_msg(text.find(part) != std::string::npos, "no \"%s\" in \"%s\"", part.c_str(), text.c_str());
}

inline void expect_verdict(Verdict actual, Verdict expected, const std::string& clause) {
  ck_assert_msg(actual == expected, "%s instead of %s (%s)", std::string(name_of(actual)).c_str(),
                std::string(name_of(expected)).c_str(), clause.c_str());
}

}  // namespace jpki::test
