// SPDX-License-Identifier: LGPL-2.1-or-later
#include "base/sandbox/landlock.h"

#include "base/error_text.h"
#include "base/sandbox/sanitized.h"
#include "base/unique_fd.h"

#include <cerrno>
#include <cstdint>

#include <fcntl.h>
#include <linux/landlock.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace jpki::sandbox {
namespace {

// The kernel may be newer than the headers we are built with, so what came after ABI 2 is spelled out here.
constexpr std::uint64_t kTruncate = 1u << 14;     // ABI 3
constexpr std::uint64_t kDeviceIoctl = 1u << 15;  // ABI 5
constexpr std::uint64_t kBindTcp = 1u << 0;       // ABI 4
constexpr std::uint64_t kConnectTcp = 1u << 1;    // ABI 4
constexpr int kScopeAbi = 6;
constexpr std::uint64_t kScopeAbstractUnix = 1u << 0;  // ABI 6: no abstract socket of another program
constexpr std::uint64_t kScopeSignal = 1u << 1;        // ABI 6: no signal to another program

// struct landlock_ruleset_attr as of ABI 6; an older kernel takes it as long as what it does not know is
// zero.
struct Ruleset {
  std::uint64_t handled_fs = 0;
  std::uint64_t handled_net = 0;
  std::uint64_t scoped = 0;
};

constexpr std::uint64_t kReadFile = LANDLOCK_ACCESS_FS_READ_FILE;
constexpr std::uint64_t kReadDirectory = kReadFile | LANDLOCK_ACCESS_FS_READ_DIR;
constexpr std::uint64_t kWriteFile = kReadFile | LANDLOCK_ACCESS_FS_WRITE_FILE | kTruncate;
constexpr std::uint64_t kWriteDirectory =
    kWriteFile | kReadDirectory | LANDLOCK_ACCESS_FS_REMOVE_FILE | LANDLOCK_ACCESS_FS_MAKE_REG;

Unexpected<std::string> failed(const std::string& what) {
  return Unexpected{what + ": " + error_text(errno)};
}

long abi_of_the_kernel() {
  return ::syscall(SYS_landlock_create_ruleset, nullptr, 0, LANDLOCK_CREATE_RULESET_VERSION);
}

Ruleset everything_but(const FileAccess& access, int abi) {
  Ruleset ruleset;
  ruleset.handled_fs = (LANDLOCK_ACCESS_FS_MAKE_SYM << 1) - 1;
  if (abi >= 2) ruleset.handled_fs |= LANDLOCK_ACCESS_FS_REFER;
  if (abi >= 3) ruleset.handled_fs |= kTruncate;
  if (abi >= 4) ruleset.handled_net = access.tcp ? kBindTcp : kBindTcp | kConnectTcp;
  if (abi >= 5) ruleset.handled_fs |= kDeviceIoctl;
  if (abi >= kScopeAbi)
    ruleset.scoped = access.signals ? kScopeAbstractUnix : kScopeAbstractUnix | kScopeSignal;
  return ruleset;
}

Expected<Unit, std::string> allow(int ruleset_fd, const std::string& path, std::uint64_t for_files,
                                  std::uint64_t for_directories, std::uint64_t handled) {
  const UniqueFd fd(::open(path.c_str(), O_PATH | O_CLOEXEC));
  struct stat status {};
  if (!fd.valid()) {
    // Out of reach already: nothing to allow.
    if (errno == ENOENT || errno == ENOTDIR || errno == EACCES) return Unit{};
    return failed(path);
  }
  if (::fstat(fd.get(), &status) != 0) return failed(path);
  landlock_path_beneath_attr rule{};
  rule.allowed_access = (S_ISDIR(status.st_mode) ? for_directories : for_files) & handled;
  rule.parent_fd = fd.get();
  if (::syscall(SYS_landlock_add_rule, ruleset_fd, LANDLOCK_RULE_PATH_BENEATH, &rule, 0) != 0)
    return failed("landlock_add_rule " + path);
  return Unit{};
}

}  // namespace

bool hides_abstract_sockets() {
  return abi_of_the_kernel() >= kScopeAbi;
}

Expected<Unit, std::string> restrict_files(const FileAccess& access) {
  const long abi = abi_of_the_kernel();
  if (abi < 1)
    return Unexpected{std::string("Landlock: ") + error_text(errno) +
                      "; boot kernel 5.19 or later with \"landlock\" in its lsm= list"};
  const Ruleset ruleset = everything_but(access, static_cast<int>(abi));
  const UniqueFd fd(static_cast<int>(::syscall(SYS_landlock_create_ruleset, &ruleset, sizeof ruleset, 0)));
  if (!fd.valid()) return failed("landlock_create_ruleset");
  for (const std::string& path : access.readable)
    if (auto added = allow(fd.get(), path, kReadFile, kReadDirectory, ruleset.handled_fs); !added)
      return added;
  for (const std::string& path : access.writable)
    if (auto added = allow(fd.get(), path, kWriteFile, kWriteDirectory, ruleset.handled_fs); !added)
      return added;
  if (kSanitized)
    if (auto added = allow(fd.get(), "/", kWriteFile, kWriteDirectory, ruleset.handled_fs); !added)
      return added;
  if (::syscall(SYS_landlock_restrict_self, fd.get(), 0) != 0) return failed("landlock_restrict_self");
  return Unit{};
}

}  // namespace jpki::sandbox
