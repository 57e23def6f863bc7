// SPDX-License-Identifier: LGPL-2.1-or-later
#include "nss_ad/snapshot/writer.h"

#include "base/atomic_file.h"
#include "nss_ad/snapshot/format.h"
#include "nss_ad/snapshot/snapshot_file.h"

#include <array>
#include <cerrno>
#include <cstring>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace jpki::ad::snapshot {
namespace {

// The file that is about to lose its name, for the word that tells its readers.
class OldFile {
 public:
  explicit OldFile(const std::string& path)
      : fd_(::open(path.c_str(), O_RDWR | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC)) {
    struct stat status {};
    std::array<char, format::kMagicSize> magic{};
    const bool ours =
        fd_.valid() && ::fstat(fd_.get(), &status) == 0 && S_ISREG(status.st_mode) &&
        status.st_size >= static_cast<off_t>(format::header::kSize) &&
        ::pread(fd_.get(), magic.data(), magic.size(), 0) == static_cast<ssize_t>(magic.size()) &&
        (std::memcmp(magic.data(), format::kUsersMagic, magic.size()) == 0 ||
         std::memcmp(magic.data(), format::kRestrictedMagic, magic.size()) == 0);
    if (!ours) fd_.reset();
  }

  // What fails here fails for a file that no reader has mapped, or is made good by their own look at the
  // name from time to time.
  void say_superseded(bool superseded) const {
    const std::array<std::uint8_t, 4> word = {std::uint8_t{superseded}, 0, 0, 0};
    if (fd_.valid()) (void)!::pwrite(fd_.get(), word.data(), word.size(), format::header::kSuperseded);
  }

 private:
  UniqueFd fd_;
};

}  // namespace

Expected<Unit, std::string> replace_snapshot(const std::string& path, Bytes bytes, mode_t mode, gid_t group) {
  auto file = AtomicFile::create(path, mode);
  if (!file) return Unexpected{std::move(file.error())};
  if (auto written = file->write(bytes, 0); !written) return written;
  if (::fchown(file->fd().get(), static_cast<uid_t>(-1), group) != 0)
    return Unexpected{path + ": its group cannot be set: " + std::strerror(errno) + "; run it as root"};
  if (::fsync(file->fd().get()) != 0)
    return Unexpected{path + ": cannot be synced to disk: " + std::strerror(errno)};
  const OldFile old(path);
  old.say_superseded(true);
  auto committed = file->commit();
  // Without a descriptor it has its name already, and the old one's readers must keep hearing of it.
  if (!committed && file->fd().valid()) old.say_superseded(false);
  return committed;
}

Expected<Unit, std::string> write_snapshots(const Contents& contents, const Destination& destination) {
  const auto restricted = lay_out_restricted(contents);
  if (!restricted) return Unexpected{restricted.error()};
  const auto users = lay_out_users(contents);
  if (!users) return Unexpected{users.error()};
  if (auto written = replace_snapshot(destination.directory + "/" + kRestrictedFile, *restricted, 0640,
                                      destination.restricted_group);
      !written)
    return written;
  return replace_snapshot(destination.directory + "/" + kUsersFile, *users, 0644, destination.users_group);
}

}  // namespace jpki::ad::snapshot
