// SPDX-License-Identifier: LGPL-2.1-or-later
#include "jpkictl/setup/file_state.h"

#include "base/atomic_file.h"
#include "base/unique_fd.h"
#include "base/whole_transfer.h"

#include <cerrno>
#include <cstring>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace jpki::ctl::setup {
namespace {

constexpr std::size_t kLimit = 1 << 20;

Unexpected<std::string> system_error(const std::string& path) {
  return Unexpected{path + ": " + std::strerror(errno)};
}

Expected<std::string, std::string> read_whole(const std::string& path) {
  const UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
  if (!fd.valid()) return system_error(path);
  Blob content(kLimit + 1);
  const auto size = read_up_to(fd.get(), content);
  if (!size) return system_error(path);
  if (*size > kLimit) return Unexpected{path + ": too large"};
  return std::string(as_text(Bytes(content).first(*size)));
}

Expected<std::string, std::string> read_link(const std::string& path) {
  std::string target(4096, '\0');
  const ssize_t n = ::readlink(path.c_str(), target.data(), target.size());
  if (n < 0 || static_cast<std::size_t>(n) == target.size()) return system_error(path);
  target.resize(static_cast<std::size_t>(n));
  return target;
}

Expected<Unit, std::string> put_file(const std::string& path, const FileState& state) {
  auto file = AtomicFile::create(path, state.mode);
  if (!file) return Unexpected{file.error()};
  if (::fchown(file->fd().get(), state.owner, state.group) != 0) return system_error(path);
  const Bytes content = as_bytes(state.content);
  if (auto written = file->write(content, 0); !written) return written;
  return file->commit();
}

Expected<Unit, std::string> put_link(const std::string& path, const FileState& state) {
  const std::string beside =
      directory_of(path) + "/." + path.substr(path.rfind('/') + 1) + ".new";  // as AtomicFile's
  (void)::unlink(beside.c_str());
  if (::symlink(state.content.c_str(), beside.c_str()) != 0) return system_error(beside);
  if (::lchown(beside.c_str(), state.owner, state.group) != 0 || ::rename(beside.c_str(), path.c_str()) != 0)
    return system_error(path);
  return sync_directory(directory_of(path));
}

Expected<Unit, std::string> put_directory(const std::string& path, const FileState& state) {
  if (::mkdir(path.c_str(), 0700) != 0 && errno != EEXIST) return system_error(path);
  if (::lchown(path.c_str(), state.owner, state.group) != 0 || ::chmod(path.c_str(), state.mode) != 0)
    return system_error(path);
  return sync_directory(directory_of(path));
}

Expected<Unit, std::string> take_away(const std::string& path, const FileState& now) {
  const bool directory = now.kind == FileState::Kind::kDirectory;
  if ((directory ? ::rmdir(path.c_str()) : ::unlink(path.c_str())) != 0) {
    // What others put there since keeps its directory.
    if (directory && (errno == ENOTEMPTY || errno == EEXIST)) return Unit{};
    return system_error(path);
  }
  return sync_directory(directory_of(path));
}

}  // namespace

Expected<Unit, std::string> sync_directory(const std::string& directory) {
  const UniqueFd fd(::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!fd.valid() || ::fsync(fd.get()) != 0) return system_error(directory);
  return Unit{};
}

Expected<FileState, std::string> look_at(const std::string& path) {
  struct stat info {};
  if (::lstat(path.c_str(), &info) != 0) {
    if (errno == ENOENT || errno == ENOTDIR) return FileState{};
    return system_error(path);
  }
  FileState state{.owner = info.st_uid, .group = info.st_gid, .mode = info.st_mode & 07777};
  if (S_ISDIR(info.st_mode)) {
    state.kind = FileState::Kind::kDirectory;
    return state;
  }
  if (!S_ISREG(info.st_mode) && !S_ISLNK(info.st_mode)) return Unexpected{path + ": not a file"};
  const bool link = S_ISLNK(info.st_mode);
  state.kind = link ? FileState::Kind::kLink : FileState::Kind::kRegular;
  if (link) state.mode = 0;
  auto content = link ? read_link(path) : read_whole(path);
  if (!content) return Unexpected{content.error()};
  state.content = std::move(*content);
  return state;
}

Expected<Unit, std::string> put(const std::string& path, const FileState& state) {
  const auto now = look_at(path);
  if (!now) return Unexpected{now.error()};
  if (*now == state) return Unit{};
  switch (state.kind) {
    case FileState::Kind::kAbsent:
      return take_away(path, *now);
    case FileState::Kind::kRegular:
      return put_file(path, state);
    case FileState::Kind::kLink:
      return put_link(path, state);
    case FileState::Kind::kDirectory:
      return put_directory(path, state);
  }
  return Unit{};
}

}  // namespace jpki::ctl::setup
