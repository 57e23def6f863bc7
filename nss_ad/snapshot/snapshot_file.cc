// SPDX-License-Identifier: LGPL-2.1-or-later
#include "nss_ad/snapshot/snapshot_file.h"

#include <cerrno>

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

namespace jpki::ad::snapshot {
namespace {

FileState state_of(int error) {
  switch (error) {
    case ENOENT:
    case ENOTDIR:
      return FileState::kAbsent;
    case EACCES:
    case EPERM:
      return FileState::kForbidden;
    case ELOOP:  // O_NOFOLLOW
    case ENXIO:  // a socket, a device that is not there
    case ENODEV:
      return FileState::kUnsafe;
    default:
      return FileState::kSystem;
  }
}

FileState check(int fd, FileKind kind, uid_t owner, OpenedFile& file) {
  struct stat status {};
  if (::fstat(fd, &status) != 0) return FileState::kSystem;
  const mode_t forbidden = kind == FileKind::kUsers ? S_IWGRP | S_IWOTH : S_IWGRP | S_IRWXO;
  if (!S_ISREG(status.st_mode) || status.st_uid != owner || (status.st_mode & forbidden) != 0)
    return FileState::kUnsafe;
  const auto size = static_cast<std::uint64_t>(status.st_size);
  alignas(8) std::uint8_t header[format::header::kSize] = {};
  const ssize_t got = ::pread(fd, header, sizeof header, 0);
  if (got < 0) return FileState::kSystem;
  if (static_cast<std::size_t>(got) != sizeof header) return FileState::kForeign;
  file.size = static_cast<std::uint32_t>(size);
  file.identity = {status.st_dev, status.st_ino};
  switch (check_header(header, size, kind)) {
    case HeaderState::kGood:
      return FileState::kGood;
    case HeaderState::kForeign:
      return FileState::kForeign;
    case HeaderState::kTooNew:
      return FileState::kTooNew;
    case HeaderState::kDamaged:
      return FileState::kDamaged;
  }
  return FileState::kDamaged;
}

}  // namespace

int errno_of(FileState state, int system_error) {
  switch (state) {
    case FileState::kGood:
      return 0;
    case FileState::kAbsent:
      return ENOENT;
    case FileState::kForbidden:
    case FileState::kUnsafe:
      return EACCES;
    case FileState::kForeign:
    case FileState::kTooNew:
    case FileState::kDamaged:
      return EIO;
    case FileState::kSystem:
      return system_error;
  }
  return EIO;
}

OpenedFile open_snapshot(const char* path, FileKind kind, uid_t owner) {
  const int kept = errno;
  OpenedFile file;
  // O_NONBLOCK: what waits here might be a FIFO.
  const int fd = ::open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
  if (fd < 0) {
    file.system_error = errno;
    file.state = state_of(errno);
  } else {
    file.state = check(fd, kind, owner, file);
    file.system_error = errno;
    if (file.state == FileState::kGood) {
      file.fd = fd;
    } else {
      ::close(fd);
    }
  }
  errno = kept;
  return file;
}

MappedFile::MappedFile(const char* path, FileKind kind, uid_t owner) : state_(), system_error_(0) {
  const OpenedFile file = open_snapshot(path, kind, owner);
  state_ = file.state;
  system_error_ = file.system_error;
  if (state_ != FileState::kGood) return;
  const int kept = errno;
  void* const mapping = ::mmap(nullptr, file.size, PROT_READ, MAP_SHARED, file.fd, 0);
  if (mapping == MAP_FAILED) {
    state_ = FileState::kSystem;
    system_error_ = errno;
  } else {
    data_ = static_cast<const std::uint8_t*>(mapping);
    size_ = file.size;
  }
  ::close(file.fd);
  errno = kept;
}

MappedFile::~MappedFile() {
  const int kept = errno;
  if (data_ != nullptr) ::munmap(const_cast<std::uint8_t*>(data_), size_);
  errno = kept;
}

}  // namespace jpki::ad::snapshot
