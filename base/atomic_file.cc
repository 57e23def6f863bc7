// SPDX-License-Identifier: LGPL-2.1-or-later
#include "base/atomic_file.h"

#include "base/error_text.h"
#include "base/whole_transfer.h"

#include <fcntl.h>
#include <sys/stat.h>

namespace jpki {

std::string directory_of(const std::string& path) {
  const auto slash = path.rfind('/');
  return slash == std::string::npos ? "." : path.substr(0, slash == 0 ? 1 : slash);
}

namespace {

std::string name_of(const std::string& path) {
  return path.substr(path.rfind('/') + 1);  // npos + 1 is 0
}

const char* remedy(int error) {
  if (error == ENOSPC || error == EDQUOT || error == EFBIG) return "; make room on the disk and run it again";
  if (error == EACCES || error == EPERM || error == EROFS)
    return "; run it as root on a writable file system";
  if (error == ENOENT) return "; create the directory: install -d -m 0755 DIRECTORY";
  return "";
}

}  // namespace

Unexpected<std::string> AtomicFile::refuse(const char* step) const {
  const int error = errno;
  return Unexpected{path_ + ": " + step + ": " + error_text(error) + remedy(error)};
}

Expected<AtomicFile, std::string> AtomicFile::create(const std::string& path, mode_t mode) {
  AtomicFile file(path, directory_of(path) + "/." + name_of(path) + ".new", mode, {});
  (void)::unlink(file.temporary_.c_str());
  file.fd_.reset(::open(file.temporary_.c_str(), O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
  if (!file.fd_.valid()) return file.refuse("cannot be created");
  return file;
}

AtomicFile::~AtomicFile() {
  if (fd_.valid()) (void)::unlink(temporary_.c_str());
}

Expected<Unit, std::string> AtomicFile::write(Bytes bytes, std::uint64_t offset) {
  if (!write_all_at(fd_.get(), bytes, offset)) return refuse("cannot be written");
  return Unit{};
}

Expected<Unit, std::string> AtomicFile::commit() {
  if (::fchmod(fd_.get(), mode_) != 0) return refuse("mode cannot be set");
  if (::fsync(fd_.get()) != 0) return refuse("cannot be synced to disk");
  const UniqueFd directory(::open(directory_of(path_).c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!directory.valid()) return refuse("its directory cannot be opened");
  if (::rename(temporary_.c_str(), path_.c_str()) != 0) return refuse("cannot be renamed");
  fd_.reset();
  if (::fsync(directory.get()) != 0) return refuse("its directory cannot be synced to disk");
  return Unit{};
}

}  // namespace jpki
