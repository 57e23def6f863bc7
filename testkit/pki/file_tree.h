// SPDX-License-Identifier: LGPL-2.1-or-later
//
// FileTree: a folder in memory, written complete or not at all.
#pragma once

#include "base/bytes.h"
#include "base/expected.h"

#include <map>
#include <string>

#include <sys/types.h>

namespace jpki::testpki {

struct File {
  Blob contents;
  mode_t mode = 0644;
};

// Relative path → file. Folders come by themselves, mode 0755.
using FileTree = std::map<std::string, File>;

// Writes into a new folder beside `directory` and renames it. `directory` must not exist, or be empty;
// anything else, and every failure, leaves it untouched. The error names the path and the cause.
Expected<Unit, std::string> write_tree(const FileTree& tree, const std::string& directory);

// Why write_tree() would refuse `directory`, if it would: to be asked before long work.
Expected<Unit, std::string> check_output_directory(const std::string& directory);

}  // namespace jpki::testpki
