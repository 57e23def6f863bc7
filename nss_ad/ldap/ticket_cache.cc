// SPDX-License-Identifier: LGPL-2.1-or-later
#include "nss_ad/ldap/ticket_cache.h"

#include <fcntl.h>
#include <sys/stat.h>

namespace jpki::ad::ldap {
namespace {

bool is_shared_and_sticky(const UniqueFd& directory, uid_t owner) {
  struct stat info {};
  if (!directory.valid() || ::fstat(directory.get(), &info) != 0) return false;
  return (info.st_mode & S_ISVTX) != 0 && (info.st_uid == 0 || info.st_uid == owner);
}

// One name, so nobody else made another one of it there.
bool is_private(const UniqueFd& file, uid_t owner) {
  struct stat info {};
  if (!file.valid() || ::fstat(file.get(), &info) != 0) return false;
  return S_ISREG(info.st_mode) && info.st_nlink == 1 && (info.st_uid == owner || info.st_uid == 0) &&
         (info.st_mode & (S_IRWXG | S_IRWXO)) == 0;
}

}  // namespace

Expected<UniqueFd, FileError> open_ticket_cache(const std::string& path, uid_t owner) {
  auto file = open_trusted_file(path, {.owner = owner, .secret = true});
  if (file || file.error().reason != FileError::Reason::kUnsafe) return file;
  const auto slash = path.rfind('/');
  if (slash == std::string::npos) return file;
  const UniqueFd directory(::open(path.substr(0, slash + 1).c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!is_shared_and_sticky(directory, owner)) return file;
  UniqueFd shared(::openat(directory.get(), path.substr(slash + 1).c_str(),
                           O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC));
  if (is_private(shared, owner)) return shared;
  return Unexpected{
      FileError{FileError::Reason::kUnsafe, path + ": somebody else's, or readable by others; run: kinit"}};
}

}  // namespace jpki::ad::ldap
