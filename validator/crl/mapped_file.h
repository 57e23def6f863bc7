// SPDX-License-Identifier: LGPL-2.1-or-later
//
// MappedFile: a trusted file (base/safe_file.h) mapped for reading, so that a CRL of any size costs no memory
// and a look at its header touches few pages. Files must be replaced by rename, never written in place: a
// file that shrinks while it is mapped ends the process (SIGBUS), which refuses that login.
#pragma once

#include "base/safe_file.h"

namespace jpki::crl {

class MappedFile {
 public:
  static Expected<MappedFile, FileError> open(const std::string& path, const FileTrust& trust);

  // The file that is open as `fd`, which may be closed afterwards; `path` for the error's text.
  static Expected<MappedFile, FileError> map(const UniqueFd& fd, const std::string& path,
                                             std::size_t max_size);

  MappedFile(MappedFile&& other) noexcept : bytes_(std::exchange(other.bytes_, {})) {}
  MappedFile& operator=(MappedFile&& other) noexcept;
  ~MappedFile();

  Bytes bytes() const { return bytes_; }

 private:
  explicit MappedFile(Bytes bytes) : bytes_(bytes) {}
  Bytes bytes_;
};

}  // namespace jpki::crl
