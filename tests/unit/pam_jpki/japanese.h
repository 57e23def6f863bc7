// SPDX-License-Identifier: LGPL-2.1-or-later
//
// A locale ja_JP.UTF-8 for this process, on a machine that may have none: C.UTF-8 under that name. gettext
// goes by the name.
#pragma once

#include "tests/unit/support/check_main.h"

#include <filesystem>

#include <stdlib.h>

// newlocale(3) forgets to free its copy of LOCPATH, which only these tests set.
// NOLINTNEXTLINE: the name is not ours
extern "C" __attribute__((used, visibility("default"))) inline const char* __lsan_default_suppressions() {
  return "leak:argz_add_sep";
}

namespace jpki::pam {

class JapaneseLocale {
 public:
  JapaneseLocale() {
    std::filesystem::create_symlink("/usr/lib/locale/C.utf8", directory_.path("ja_JP.utf8"));
    ::setenv("LOCPATH", directory_.path().c_str(), 1);
    ::unsetenv("LANGUAGE");
  }

 private:
  jpki::test::TemporaryDirectory directory_;
};

}  // namespace jpki::pam
