// SPDX-License-Identifier: LGPL-2.1-or-later
//
// An input as a file, for what reads files: in memory, with the access rights that trusted files have.
#pragma once

#include "base/bytes.h"
#include "tests/unit/support/memory_directory.h"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

namespace jpki::fuzz {

class FuzzFile {
 public:
  FuzzFile(const std::string& name, Bytes content) : path_(world() + "/" + name) {
    std::filesystem::create_directories(directory());
    std::ofstream stream(path_, std::ios::binary | std::ios::trunc);
    stream.write(reinterpret_cast<const char*>(content.data()), static_cast<std::streamsize>(content.size()));
    stream.close();
    if (!stream) std::abort();
    std::filesystem::permissions(path_, std::filesystem::perms(0600));
  }

  const std::string& path() const { return path_; }
  std::string directory() const { return path_.substr(0, path_.rfind('/')); }

 private:
  // One directory for each process, gone at its normal end.
  static const std::string& world() {
    static const struct World {
      ~World() {
        std::error_code ignored;
        std::filesystem::remove_all(path, ignored);
      }
      const std::string path = test::make_memory_directory("jpki-fuzz");
    } world;
    return world.path;
  }

  std::string path_;
};

}  // namespace jpki::fuzz
