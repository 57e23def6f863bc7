// SPDX-License-Identifier: LGPL-2.1-or-later
//
// FileState: what lies at a path, whole: bytes, owner, mode; or that nothing does. It is put there so that
// whoever reads finds the old one or the new one, also after a power cut.
#pragma once

#include "base/expected.h"

#include <string>

#include <sys/types.h>

namespace jpki::ctl::setup {

struct FileState {
  enum class Kind { kAbsent, kRegular, kLink, kDirectory };
  Kind kind = Kind::kAbsent;
  uid_t owner = 0;
  gid_t group = 0;
  mode_t mode = 0;           // permission bits; not of a link
  std::string content = {};  // of a link: where it leads; of a directory: nothing
  bool operator==(const FileState&) const = default;
};

// A file may have at most a megabyte. Extended attributes and access lists are not looked at. The error is
// "PATH: why".
Expected<FileState, std::string> look_at(const std::string& path);

// Makes it so: written beside it, brought to disk, renamed. Nothing where it is so already. A directory is
// only made or, where it is empty, removed.
Expected<Unit, std::string> put(const std::string& path, const FileState& state);

// Entries of `directory` are on the disk.
Expected<Unit, std::string> sync_directory(const std::string& directory);

}  // namespace jpki::ctl::setup
