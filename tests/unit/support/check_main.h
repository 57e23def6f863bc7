// SPDX-License-Identifier: LGPL-2.1-or-later
//
// What every Check suite shares: a main() around one suite, and a temporary directory that goes away.
#pragma once

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>

#include <check.h>

#undef fail  // check.h defines it for old suites; std::ios and std::regex have members of that name

namespace jpki::test {

// Runs one suite; the exit status says whether all passed.
inline int run_suite(Suite* suite) {
  SRunner* runner = srunner_create(suite);
  srunner_run_all(runner, CK_ENV);
  const int failed = srunner_ntests_failed(runner);
  srunner_free(runner);
  return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

class TemporaryDirectory {
 public:
  TemporaryDirectory() {
    char pattern[] = "/tmp/jpki-test-XXXXXX";
    if (::mkdtemp(pattern) == nullptr) std::abort();
    path_ = pattern;
  }
  TemporaryDirectory(const TemporaryDirectory&) = delete;
  TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;
  ~TemporaryDirectory() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }

  std::string path(std::string_view name = "") const {
    return name.empty() ? path_ : path_ + "/" + std::string(name);
  }
  std::string write(std::string_view name, std::string_view content,
                    std::filesystem::perms mode = std::filesystem::perms(0644)) const {
    const std::string file = path(name);
    std::ofstream(file, std::ios::binary) << content;
    std::filesystem::permissions(file, mode);
    return file;
  }

 private:
  std::string path_;
};

}  // namespace jpki::test
