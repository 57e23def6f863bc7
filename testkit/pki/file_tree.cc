// SPDX-License-Identifier: LGPL-2.1-or-later
#include "testkit/pki/file_tree.h"

#include "base/unique_fd.h"

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <system_error>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

namespace jpki::testpki {

namespace {

namespace fs = std::filesystem;

Unexpected<std::string> failure(const fs::path& path, int error) {
  return Unexpected{fmt::format("{}: {}", path.string(), std::generic_category().message(error))};
}

// Removes what is still there under the temporary name.
class UnfinishedFolder {
 public:
  explicit UnfinishedFolder(fs::path path) : path_(std::move(path)) {}
  ~UnfinishedFolder() {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
  }
  UnfinishedFolder(const UnfinishedFolder&) = delete;
  UnfinishedFolder& operator=(const UnfinishedFolder&) = delete;

 private:
  fs::path path_;
};

Expected<Unit, std::string> make_folder(const fs::path& path) {
  if (::mkdir(path.c_str(), 0700) != 0 && errno != EEXIST) return failure(path, errno);
  if (::chmod(path.c_str(), 0755) != 0) return failure(path, errno);  // whatever the umask says
  return Unit{};
}

Expected<Unit, std::string> write_file(const fs::path& path, const File& file) {
  const UniqueFd fd(::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
  if (fd.get() < 0) return failure(path, errno);
  for (Bytes rest = file.contents; !rest.empty();) {
    const ssize_t written = ::write(fd.get(), rest.data(), rest.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return failure(path, errno);
    rest = rest.subspan(static_cast<std::size_t>(written));
  }
  if (::fchmod(fd.get(), file.mode) != 0 || ::fsync(fd.get()) != 0) return failure(path, errno);
  return Unit{};
}

Expected<Unit, std::string> write_files(const FileTree& tree, const fs::path& top) {
  if (auto made = make_folder(top); !made) return made;
  for (const auto& [name, file] : tree) {
    fs::path folder = top;
    for (const fs::path& part : fs::path(name).parent_path()) {
      folder /= part;
      if (auto made = make_folder(folder); !made) return made;
    }
    if (auto written = write_file(top / name, file); !written) return written;
  }
  return Unit{};
}

fs::path without_trailing_slash(const fs::path& path) {
  return path.has_filename() ? path : path.parent_path();
}

}  // namespace

Expected<Unit, std::string> check_output_directory(const std::string& directory) {
  std::error_code error;
  const fs::file_status status = fs::symlink_status(directory, error);
  if (status.type() == fs::file_type::not_found) return Unit{};
  if (status.type() != fs::file_type::directory) return failure(directory, ENOTDIR);
  const bool empty = fs::is_empty(directory, error);
  if (error) return failure(directory, error.value());
  if (!empty)
    return Unexpected{fmt::format("{}: not empty; give a directory that does not exist", directory)};
  return Unit{};
}

Expected<Unit, std::string> write_tree(const FileTree& tree, const std::string& directory) {
  if (auto usable = check_output_directory(directory); !usable) return usable;
  const fs::path target = without_trailing_slash(directory);
  std::string pattern = (target.parent_path() / ("." + target.filename().string() + ".XXXXXX")).string();
  if (::mkdtemp(pattern.data()) == nullptr) return failure(pattern, errno);
  const UnfinishedFolder unfinished(pattern);
  if (auto written = write_files(tree, pattern); !written) return written;
  // rename(2) replaces an empty directory and nothing else.
  if (std::rename(pattern.c_str(), target.c_str()) != 0) return failure(target, errno);
  return Unit{};
}

}  // namespace jpki::testpki
