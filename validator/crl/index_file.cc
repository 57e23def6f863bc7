// SPDX-License-Identifier: LGPL-2.1-or-later
#include "validator/crl/index_file.h"

#include "base/whole_transfer.h"

namespace jpki::crl {

Expected<IndexFile, FileError> IndexFile::open(const std::string& path, const FileTrust& trust,
                                               Access access) {
  auto fd = open_trusted_file(path, trust);
  if (!fd) return Unexpected{fd.error()};
  IndexFile file;
  if (access == Access::kMap) {
    auto map = MappedFile::map(*fd, path, trust.max_size);
    if (!map) return Unexpected{map.error()};
    file.size_ = map->bytes().size();
    file.map_ = std::move(*map);
    return file;
  }
  const auto size = size_of_file(*fd, path, trust.max_size);
  if (!size) return Unexpected{size.error()};
  file.size_ = *size;
  file.fd_ = std::move(*fd);
  return file;
}

std::optional<Bytes> IndexFile::at(std::uint64_t offset, std::size_t size, Blob& buffer) const {
  if (offset > size_ || size > size_ - offset) return std::nullopt;
  if (map_) return map_->bytes().subspan(static_cast<std::size_t>(offset), size);
  buffer.resize(size);
  return read_at(fd_.get(), buffer, offset) == size ? std::optional<Bytes>(buffer) : std::nullopt;
}

}  // namespace jpki::crl
