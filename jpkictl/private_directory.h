// SPDX-License-Identifier: LGPL-2.1-or-later
//
// PrivateDirectory: a new directory below /tmp that its owner alone enters, and that goes away with all that
// is in it.
#pragma once

#include <filesystem>
#include <string>

#include <stdlib.h>

namespace jpki::ctl {

class PrivateDirectory {
 public:
  // `purpose` is a part of its name.
  explicit PrivateDirectory(const std::string& purpose) : path_("/tmp/jpki-" + purpose + "-XXXXXX") {
    if (::mkdtemp(path_.data()) == nullptr) path_.clear();
  }
  PrivateDirectory(const PrivateDirectory&) = delete;
  PrivateDirectory& operator=(const PrivateDirectory&) = delete;
  ~PrivateDirectory() {
    std::error_code ignored;
    if (!path_.empty()) std::filesystem::remove_all(path_, ignored);
  }
  const std::string& path() const noexcept { return path_; }  // empty: there is none

 private:
  std::string path_;
};

}  // namespace jpki::ctl
