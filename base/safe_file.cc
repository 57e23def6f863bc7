// SPDX-License-Identifier: LGPL-2.1-or-later
#include "base/safe_file.h"

#include "base/error_text.h"
#include "base/unique_fd.h"
#include "base/whole_transfer.h"

#include <algorithm>
#include <memory>

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>

namespace jpki {
namespace {

using Reason = FileError::Reason;

Unexpected<FileError> refuse(Reason reason, const std::string& path, const std::string& why) {
  return Unexpected{FileError{reason, path + ": " + why}};
}

// A remedy must not open a secret file to others.
std::string make_readable(const std::string& path, bool secret) {
  if (secret)
    return "permission denied; run this as root; where " JPKI_HELPER_USER
           " must read it, run: chgrp " JPKI_HELPER_USER " " +
           path + " && chmod 0640 " + path;
  return "permission denied; it must be readable by " JPKI_HELPER_USER
         ": mode 0644, or group " JPKI_HELPER_USER " and mode 0640";
}

Unexpected<FileError> refuse_errno(const std::string& path, int error, bool secret = false) {
  if (error == ELOOP) return refuse(Reason::kUnsafe, path, "is a symbolic link; put the file itself there");
  if (error == EACCES) return refuse(Reason::kNotReadable, path, make_readable(path, secret));
  const Reason reason = error == ENOENT || error == ENOTDIR ? Reason::kMissing : Reason::kNotReadable;
  return refuse(reason, path, error_text(error));
}

Unexpected<FileError> refuse_size(const std::string& path, std::size_t max_size) {
  return refuse(Reason::kTooLarge, path, "larger than " + std::to_string(max_size) + " bytes");
}

std::string hint(const std::string& command, const std::string& path) {
  return "; run: " + command + " " + path;
}

Expected<Unit, FileError> check_owner_and_mode(const std::string& path, const struct stat& info,
                                               uid_t owner) {
  if (info.st_uid != owner && info.st_uid != 0)
    return refuse(Reason::kUnsafe, path, "not owned by root" + hint("chown root", path));
  if ((info.st_mode & (S_IWGRP | S_IWOTH)) != 0)
    return refuse(Reason::kUnsafe, path, "writable by group or others" + hint("chmod go-w", path));
  return Unit{};
}

// Directories that everybody shares (/tmp), or that belong to somebody, are not to be changed for our sake.
Expected<Unit, FileError> check_directory(const std::string& path, const struct stat& info, uid_t owner) {
  const bool shared = (info.st_mode & S_ISVTX) != 0 && (info.st_mode & (S_IWGRP | S_IWOTH)) != 0;
  const bool foreign = info.st_uid != owner && info.st_uid != 0;
  if (!shared && !foreign) return check_owner_and_mode(path, info, owner);
  return refuse(Reason::kUnsafe, path,
                std::string(foreign ? "not owned by root" : "writable by group or others") +
                    "; put the file into a directory that only root can write to");
}

// Opens a directory and makes sure that nobody but its owner can change what is in it.
Expected<UniqueFd, FileError> open_trusted_directory(const std::string& path, uid_t owner) {
  UniqueFd fd(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!fd.valid() && errno == EACCES)
    return refuse(
        Reason::kNotReadable, path,
        "permission denied; keep the file in /etc/jpki, or in a directory that this program may enter "
        "(units see neither /root nor /home)");
  if (!fd.valid()) return refuse_errno(path, errno);
  struct stat info {};
  if (::fstat(fd.get(), &info) != 0) return refuse_errno(path, errno);
  if (auto ok = check_directory(path, info, owner); !ok) return Unexpected{ok.error()};
  return fd;
}

// `name` in `directory`, which is trusted; `path` for the errors' texts.
Expected<UniqueFd, FileError> open_in(const UniqueFd& directory, const std::string& name,
                                      const std::string& path, const FileTrust& trust) {
  UniqueFd fd(
      ::openat(directory.get(), name.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC));
  if (!fd.valid()) return refuse_errno(path, errno, trust.secret);
  struct stat info {};
  if (::fstat(fd.get(), &info) != 0) return refuse_errno(path, errno);
  if (!S_ISREG(info.st_mode)) return refuse(Reason::kUnsafe, path, "not a regular file");
  if (auto ok = check_owner_and_mode(path, info, trust.owner); !ok) return Unexpected{ok.error()};
  if (trust.secret && (info.st_mode & S_IROTH) != 0)
    return refuse(Reason::kUnsafe, path, "readable by others" + hint("chmod o-r", path));
  return fd;
}

// Asks for the file's size first, so that small files touch little memory; what grows meanwhile is read as
// well.
Expected<Blob, FileError> read_all(const UniqueFd& file, const std::string& path, std::size_t max_size) {
  const auto size = size_of_file(file, path, max_size);
  if (!size) return Unexpected{size.error()};
  const int fd = file.get();
  Blob content;
  std::size_t used = 0;
  std::size_t expected = *size;
  for (;;) {
    content.resize(std::min(std::max(expected, used) + 1, max_size + 1));
    const auto size_read = read_up_to(fd, std::span(content).subspan(used));
    if (!size_read) return refuse_errno(path, errno);
    used += *size_read;
    if (used > max_size) return refuse_size(path, max_size);
    if (used < content.size()) break;
    expected = 2 * used;
  }
  content.resize(used);
  return content;
}

}  // namespace

Expected<std::size_t, FileError> size_of_file(const UniqueFd& fd, const std::string& path,
                                              std::size_t max_size) {
  struct stat info {};
  if (::fstat(fd.get(), &info) != 0) return refuse_errno(path, errno);
  const auto size = static_cast<std::size_t>(info.st_size);
  if (size > max_size) return refuse_size(path, max_size);
  return size;
}

Expected<UniqueFd, FileError> open_trusted_file(const std::string& path, const FileTrust& trust) {
  const auto slash = path.rfind('/');
  const std::string directory =
      slash == std::string::npos ? "." : path.substr(0, std::max<std::size_t>(slash, 1));
  const std::string name = slash == std::string::npos ? path : path.substr(slash + 1);
  auto parent = open_trusted_directory(directory, trust.owner);
  if (!parent) return Unexpected{parent.error()};
  return open_in(*parent, name, path, trust);
}

Expected<Blob, FileError> read_trusted_file(const std::string& path, const FileTrust& trust) {
  auto fd = open_trusted_file(path, trust);
  if (!fd) return Unexpected{fd.error()};
  return read_all(*fd, path, trust.max_size);
}

Expected<std::vector<std::string>, FileError> list_trusted_directory(const std::string& directory,
                                                                     std::string_view suffix,
                                                                     const FileTrust& trust) {
  const auto opened = TrustedDirectory::open(directory, trust);
  if (!opened) return Unexpected{opened.error()};
  return opened->list(suffix);
}

Expected<TrustedDirectory, FileError> TrustedDirectory::open(const std::string& path,
                                                             const FileTrust& trust) {
  auto fd = open_trusted_directory(path, trust.owner);
  if (!fd) return Unexpected{fd.error()};
  return TrustedDirectory(path, trust, std::move(*fd));
}

Expected<std::vector<std::string>, FileError> TrustedDirectory::list(std::string_view suffix) const {
  UniqueFd own_place(::openat(fd_.get(), ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  const std::unique_ptr<DIR, decltype([](DIR* d) { ::closedir(d); })> stream(::fdopendir(own_place.get()));
  if (!stream) return refuse_errno(path_, errno);
  (void)own_place.release();
  std::vector<std::string> names;
  errno = 0;
  while (const dirent* entry = ::readdir(stream.get())) {
    const std::string_view name(entry->d_name);
    if (!name.starts_with('.') && name.ends_with(suffix)) names.emplace_back(name);
  }
  if (errno != 0) return refuse_errno(path_, errno);
  std::ranges::sort(names);
  return names;
}

Expected<Blob, FileError> TrustedDirectory::read(const std::string& name) const {
  const std::string path = path_of(name);
  if (name.find('/') != std::string::npos) return read_trusted_file(path, trust_);
  auto fd = open_in(fd_, name, path, trust_);
  if (!fd) return Unexpected{fd.error()};
  return read_all(*fd, path, trust_.max_size);
}

}  // namespace jpki
