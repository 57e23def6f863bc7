// SPDX-License-Identifier: LGPL-2.1-or-later
#include "base/sandbox/private_root.h"

#include "base/error_text.h"
#include "base/unique_fd.h"

#include <algorithm>
#include <cerrno>

#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace jpki::sandbox {
namespace {

// Where the new root is made, in a mount namespace that nobody else sees; what lies there is not needed any
// more.
constexpr char kPlace[] = "/usr";
constexpr unsigned long kSealed = MS_NOSUID | MS_NODEV | MS_NOEXEC;
constexpr char kLimits[] = "size=64k,nr_inodes=256,mode=0755";

Unexpected<std::string> failed(const std::string& what) {
  return Unexpected{what + ": " + error_text(errno)};
}

bool write_to(const char* path, const std::string& text) {
  const UniqueFd fd(::open(path, O_WRONLY | O_CLOEXEC));
  return fd.valid() && ::write(fd.get(), text.data(), text.size()) == static_cast<ssize_t>(text.size());
}

// The own user alone, as itself: the kernel demands a name for who makes a directory.
Expected<Unit, std::string> enter_namespaces(bool no_network) {
  const std::string uid = std::to_string(::geteuid());
  const std::string gid = std::to_string(::getegid());
  if (::unshare(CLONE_NEWUSER | CLONE_NEWNS | (no_network ? CLONE_NEWNET : 0)) != 0) return failed("unshare");
  // Files of /proc/self belong to root while the process is not dumpable.
  (void)::prctl(PR_SET_DUMPABLE, 1, 0, 0, 0);
  const bool mapped = write_to("/proc/self/setgroups", "deny") &&
                      write_to("/proc/self/uid_map", uid + ' ' + uid + " 1") &&
                      write_to("/proc/self/gid_map", gid + ' ' + gid + " 1");
  const int error = errno;
  (void)::prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
  errno = error;
  if (!mapped) return failed("/proc/self/uid_map");
  if (::mount(nullptr, "/", nullptr, MS_REC | MS_SLAVE, nullptr) != 0) return failed("mount");
  return Unit{};
}

struct Kept {
  std::string path;
  UniqueFd tree;  // a mount of it that has no place yet
};

Expected<std::vector<Kept>, std::string> take(const std::vector<std::string>& paths) {
  std::vector<Kept> all;
  for (const std::string& path : paths) {
    UniqueFd tree(static_cast<int>(::syscall(SYS_open_tree, AT_FDCWD, path.c_str(),
                                             OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_RECURSIVE)));
    if (!tree.valid() && (errno == ENOENT || errno == ENOTDIR || errno == EACCES)) continue;
    if (!tree.valid()) return failed("open_tree " + path);
    all.push_back({path, std::move(tree)});
  }
  return all;
}

// Only from its path can it be taken: the descriptor belongs to the namespace that was left.
std::optional<Kept> take_pinned(const PinnedSocket& pinned) {
  UniqueFd tree(static_cast<int>(::syscall(SYS_open_tree, AT_FDCWD, pinned.path.c_str(),
                                           OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_SYMLINK_NOFOLLOW)));
  struct stat found {};
  struct stat wanted {};
  if (!tree.valid() || ::fstat(tree.get(), &found) != 0 || ::fstat(pinned.descriptor, &wanted) != 0 ||
      found.st_dev != wanted.st_dev || found.st_ino != wanted.st_ino)
    return std::nullopt;
  return Kept{"/proc/self/fd/" + std::to_string(pinned.descriptor), std::move(tree)};
}

// The directories above `path`, below `root`.
bool make_parents(const std::string& root, const std::string& path) {
  for (auto slash = path.find('/', 1); slash != std::string::npos; slash = path.find('/', slash + 1))
    if (::mkdir((root + path.substr(0, slash)).c_str(), 0755) != 0 && errno != EEXIST) return false;
  return true;
}

Expected<Unit, std::string> put(const Kept& kept) {
  const std::string place = kPlace + kept.path;
  struct stat info {};
  if (::fstat(kept.tree.get(), &info) != 0 || !make_parents(kPlace, kept.path)) return failed(kept.path);
  if (S_ISDIR(info.st_mode)) {
    if (::mkdir(place.c_str(), 0755) != 0 && errno != EEXIST) return failed(kept.path);
  } else if (!UniqueFd(::open(place.c_str(), O_CREAT | O_WRONLY | O_CLOEXEC, 0600)).valid()) {
    return failed(kept.path);
  }
  if (::syscall(SYS_move_mount, kept.tree.get(), "", AT_FDCWD, place.c_str(), MOVE_MOUNT_F_EMPTY_PATH) != 0)
    return failed("move_mount " + kept.path);
  return Unit{};
}

}  // namespace

Expected<Unit, std::string> enter_private_root(std::vector<std::string> kept, bool no_network,
                                               const std::optional<PinnedSocket>& pinned) {
  std::ranges::sort(kept);  // what lies in another comes after it
  if (auto entered = enter_namespaces(no_network); !entered) return entered;
  auto trees = take(kept);
  if (!trees) return Unexpected{trees.error()};
  if (pinned)
    if (auto socket = take_pinned(*pinned)) trees->push_back(std::move(*socket));
  if (::mount("tmpfs", kPlace, "tmpfs", kSealed, kLimits) != 0) return failed("tmpfs");
  for (const Kept& one : *trees)
    if (auto there = put(one); !there) return there;
  if (::mount(nullptr, kPlace, nullptr, MS_REMOUNT | MS_BIND | MS_RDONLY | kSealed, nullptr) != 0)
    return failed("remount");
  if (::chdir(kPlace) != 0) return failed(kPlace);
  if (::syscall(SYS_pivot_root, ".", ".") != 0) return failed("pivot_root");
  if (::umount2(".", MNT_DETACH) != 0) return failed("umount");
  return ::chdir("/") == 0 ? Expected<Unit, std::string>(Unit{}) : failed("/");
}

}  // namespace jpki::sandbox
