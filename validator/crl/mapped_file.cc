// SPDX-License-Identifier: LGPL-2.1-or-later
#include "validator/crl/mapped_file.h"

#include <cerrno>
#include <cstring>

#include <sys/mman.h>

namespace jpki::crl {

Expected<MappedFile, FileError> MappedFile::open(const std::string& path, const FileTrust& trust) {
  const auto fd = open_trusted_file(path, trust);
  if (!fd) return Unexpected{fd.error()};
  return map(*fd, path, trust.max_size);
}

Expected<MappedFile, FileError> MappedFile::map(const UniqueFd& fd, const std::string& path,
                                                std::size_t max_size) {
  const auto size = size_of_file(fd, path, max_size);
  if (!size) return Unexpected{size.error()};
  if (*size == 0) return MappedFile(Bytes{});
  void* const memory = ::mmap(nullptr, *size, PROT_READ, MAP_PRIVATE, fd.get(), 0);
  if (memory == MAP_FAILED)
    return Unexpected{FileError{FileError::Reason::kNotReadable, path + ": " + std::strerror(errno)}};
  return MappedFile(Bytes(static_cast<const std::uint8_t*>(memory), *size));
}

MappedFile& MappedFile::operator=(MappedFile&& other) noexcept {
  std::swap(bytes_, other.bytes_);
  return *this;
}

MappedFile::~MappedFile() {
  if (!bytes_.empty()) ::munmap(const_cast<std::uint8_t*>(bytes_.data()), bytes_.size());
}

}  // namespace jpki::crl
