// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Files of the source tree, which `make check` names in srcdir.
#pragma once

#include <cstdlib>
#include <fstream>
#include <sstream>
#include <string>

#include <check.h>

namespace jpki::test {

inline std::string text_of_source(const std::string& path) {
  const char* const source = std::getenv("srcdir");
  std::ifstream file((source == nullptr ? std::string(".") : std::string(source)) + "/" + path);
  ck_assert_msg(file.is_open(), "%s is missing", path.c_str());
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

}  // namespace jpki::test
