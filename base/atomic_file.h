// SPDX-License-Identifier: LGPL-2.1-or-later
//
// AtomicFile: a file that readers see complete or not at all. It is written under another name in the same
// directory, brought to disk, and only then given its name; whatever fails before leaves the old file as it
// is. One writer of a path at a time: callers that may meet another process hold a lock of their own.
#pragma once

#include "base/bytes.h"
#include "base/expected.h"
#include "base/unique_fd.h"

#include <string>

#include <sys/types.h>

namespace jpki {

// The directory that a path names its file in; "." where it names none.
std::string directory_of(const std::string& path);

class AtomicFile {
 public:
  // Begins ".NAME.new" beside `path`, open for reading and writing; one left by a crash is replaced. The file
  // has the effective user and group of the process.
  static Expected<AtomicFile, std::string> create(const std::string& path, mode_t mode);

  AtomicFile(AtomicFile&& other) noexcept = default;
  AtomicFile& operator=(AtomicFile&&) = delete;
  ~AtomicFile();

  const UniqueFd& fd() const { return fd_; }

  // Puts all of `bytes` at `offset`; a full disk is an error here.
  Expected<Unit, std::string> write(Bytes bytes, std::uint64_t offset);
  // Mode, fsync, rename, fsync of the directory.
  Expected<Unit, std::string> commit();

 private:
  AtomicFile(std::string path, std::string temporary, mode_t mode, UniqueFd fd)
      : path_(std::move(path)), temporary_(std::move(temporary)), mode_(mode), fd_(std::move(fd)) {}
  Unexpected<std::string> refuse(const char* step) const;

  std::string path_;
  std::string temporary_;
  mode_t mode_;
  UniqueFd fd_;
};

}  // namespace jpki
