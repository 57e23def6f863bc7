// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Reading files that decide a login: opened without following links, owned by root, writable by nobody else,
// bounded in size, read whole.
#pragma once

#include "base/bytes.h"
#include "base/expected.h"
#include "base/unique_fd.h"

#include <string>
#include <vector>

#include <sys/types.h>

namespace jpki {

struct FileError {
  enum class Reason {
    kMissing,      // no such file or directory
    kNotReadable,  // permission, or an I/O error
    kUnsafe,       // a link, not a regular file, a foreign owner, writable by group or others
    kTooLarge,
  };
  Reason reason;
  std::string text;  // "/etc/jpki/jpki.toml: writable by group; run: chmod 0644 /etc/jpki/jpki.toml"
};

struct FileTrust {
  std::size_t max_size = 1 << 20;
  uid_t owner = 0;      // tests own their files; the product trusts root
  bool secret = false;  // a file that others can read is unsafe as well
};

// `path` open for reading under these rules, for callers that map it; size_of_file bounds it.
Expected<UniqueFd, FileError> open_trusted_file(const std::string& path, const FileTrust& trust = {});

// The size of the open file `fd`, at most `max_size`; `path` for the error's text.
Expected<std::size_t, FileError> size_of_file(const UniqueFd& fd, const std::string& path,
                                              std::size_t max_size);

// The bytes of `path`, or why they cannot be trusted. The directory that holds it must be safe as well.
Expected<Blob, FileError> read_trusted_file(const std::string& path, const FileTrust& trust = {});

// The names (not paths) in `directory` that end in `suffix` and do not begin with a dot, sorted by bytes.
Expected<std::vector<std::string>, FileError> list_trusted_directory(const std::string& directory,
                                                                     std::string_view suffix,
                                                                     const FileTrust& trust = {});

// A directory of which many files are read: it is found and judged once.
class TrustedDirectory {
 public:
  static Expected<TrustedDirectory, FileError> open(const std::string& path, const FileTrust& trust = {});

  std::string path_of(const std::string& name) const { return path_ + '/' + name; }
  // As list_trusted_directory() and read_trusted_file().
  Expected<std::vector<std::string>, FileError> list(std::string_view suffix) const;
  Expected<Blob, FileError> read(const std::string& name) const;

 private:
  TrustedDirectory(std::string path, const FileTrust& trust, UniqueFd fd)
      : path_(std::move(path)), trust_(trust), fd_(std::move(fd)) {}

  std::string path_;
  FileTrust trust_;
  UniqueFd fd_;
};

}  // namespace jpki
