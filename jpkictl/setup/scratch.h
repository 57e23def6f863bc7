// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Scratch: a directory of its own for copies, which goes away.
#pragma once

#include <filesystem>
#include <string>

#include <stdlib.h>

namespace jpki::ctl::setup {

class Scratch {
 public:
  Scratch() {
    char pattern[] = "/tmp/jpki-setup-XXXXXX";
    if (::mkdtemp(pattern) != nullptr) path_ = pattern;
  }
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;
  ~Scratch() {
    std::error_code ignored;
    if (!path_.empty()) std::filesystem::remove_all(path_, ignored);
  }
  const std::string& path() const { return path_; }  // empty: there is none

 private:
  std::string path_;
};

}  // namespace jpki::ctl::setup
