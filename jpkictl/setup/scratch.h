// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Scratch: a directory of its own for copies, which goes away. Signals that end the program by hand wait for
// that.
#pragma once

#include "jpkictl/interruption.h"

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
  HeldSignals until_it_is_gone_;
  std::string path_;
};

}  // namespace jpki::ctl::setup
