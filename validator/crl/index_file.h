// SPDX-License-Identifier: LGPL-2.1-or-later
//
// IndexFile: a trusted file (base/safe_file.h) that is looked at in small pieces. Who looks once reads them:
// a dozen calls cost less than the page faults of a mapping, and a file that shrinks meanwhile is an error.
// Who looks often maps it.
#pragma once

#include "validator/crl/mapped_file.h"

#include <optional>

namespace jpki::crl {

class IndexFile {
 public:
  enum class Access { kRead, kMap };

  static Expected<IndexFile, FileError> open(const std::string& path, const FileTrust& trust, Access access);

  std::uint64_t size() const { return size_; }

  // `size` bytes at `offset`: a view of the mapping, or read into `buffer`, which must outlive the view.
  // Nothing when they do not lie inside the file or cannot be read.
  std::optional<Bytes> at(std::uint64_t offset, std::size_t size, Blob& buffer) const;

 private:
  IndexFile() = default;

  std::uint64_t size_ = 0;
  UniqueFd fd_;                    // kRead
  std::optional<MappedFile> map_;  // kMap
};

}  // namespace jpki::crl
