// SPDX-License-Identifier: LGPL-2.1-or-later
#include "base/sandbox/inherited_cgroup.h"

#include "base/text_lines.h"
#include "base/unique_fd.h"
#include "base/whole_transfer.h"

#include <algorithm>
#include <cerrno>
#include <optional>
#include <string_view>

#include <fcntl.h>
#include <linux/magic.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <unistd.h>

namespace jpki::sandbox {
namespace {

constexpr const char* kMounts[] = {"/sys/fs/cgroup",
                                   "/sys/fs/cgroup/unified"};  // the second beside version 1
constexpr std::string_view kOfVersion2 = "0::";
constexpr std::string_view kAbove = "/..";  // of a process that another cgroup namespace hides from us
constexpr char kOurs[] = "/jpki";
constexpr std::size_t kMaxGroups = 1 << 18;  // a path of PATH_MAX for each of the controllers that there are

// The process's group, from the root of the hierarchy; empty: none of version 2. The kernel tells nothing of
// one whose path is longer than PATH_MAX.
std::optional<std::string> path_of(const std::string& process) {
  const UniqueFd file(::open(process.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file.valid()) return std::nullopt;
  Blob content(kMaxGroups);
  const auto size = read_up_to(file.get(), content);
  if (!size || *size == content.size()) return std::nullopt;
  for (std::string_view text = as_text(Bytes(content).first(*size)); !text.empty();)
    if (const std::string_view line = take_line(text); line.starts_with(kOfVersion2))
      return std::string(line.substr(kOfVersion2.size()));
  return std::string();
}

// The group above the first one that is not root's; empty: all are. Nothing: it cannot be told.
std::optional<std::string> last_of_root(const std::string& mount, std::string_view path) {
  std::string group = mount;
  while (path.starts_with('/') && path.size() > 1) {
    const std::size_t end = std::min(path.find('/', 1), path.size());
    std::string next = group;
    next.append(path.substr(0, end));
    struct stat status {};
    if (::lstat(next.c_str(), &status) != 0 || !S_ISDIR(status.st_mode)) return std::nullopt;
    if (status.st_uid != 0) return group;
    group = std::move(next);
    path.remove_prefix(end);
  }
  return std::string();
}

bool moved_to(const std::string& group) {
  if (::mkdir(group.c_str(), 0755) != 0 && errno != EEXIST) return false;
  const UniqueFd members(::open((group + "/cgroup.procs").c_str(), O_WRONLY | O_CLOEXEC | O_NOFOLLOW));
  return members.valid() && ::write(members.get(), "0", 1) == 1;
}

bool nobody_may() {
  return errno == EROFS || errno == EACCES || errno == EPERM;
}

}  // namespace

CgroupFiles cgroup_files_of_system() {
  for (const char* const mount : kMounts) {
    struct statfs status {};
    if (::statfs(mount, &status) == 0 && status.f_type == CGROUP2_SUPER_MAGIC) return {.mount = mount};
  }
  return {};
}

bool leave_foreign_cgroup(const CgroupFiles& files) {
  if (files.mount.empty()) return true;
  const auto path = path_of(files.process);
  if (!path) return false;
  if (path->starts_with(kAbove)) return true;
  const auto ours = last_of_root(files.mount, *path);
  if (!ours) return false;
  return ours->empty() || moved_to(*ours + kOurs) || nobody_may();
}

}  // namespace jpki::sandbox
