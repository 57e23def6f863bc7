// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Opening a snapshot file as its readers must (nss_ad/snapshot_format.md, "Reading"). libc only.
#pragma once

#include "nss_ad/snapshot/format.h"
#include "nss_ad/snapshot/view.h"

#include <cstdint>

#include <sys/types.h>

namespace jpki::ad::snapshot {

// In JPKI_STATEDIR "/ad".
inline constexpr char kUsersFile[] = JPKI_USERS_SNAPSHOT;
inline constexpr char kRestrictedFile[] = JPKI_RESTRICTED_SNAPSHOT;

enum class FileState {
  kGood,
  kAbsent,
  kForbidden,  // this process may not read it
  kUnsafe,     // a link, no regular file, a foreign owner, or others may write (read) it
  kForeign,    // no snapshot of this kind
  kTooNew,
  kDamaged,  // header, or size: it may still be copied here
  kSystem,   // the system lacks something (memory, descriptors): another time it may work
};

// What errno is for each; 0 for kGood. For kSystem it is `system_error`.
int errno_of(FileState state, int system_error);

struct FileIdentity {
  dev_t device = 0;
  ino_t inode = 0;
  bool operator==(const FileIdentity&) const = default;
};

struct OpenedFile {
  FileState state = FileState::kAbsent;
  int system_error = 0;
  int fd = -1;  // to be closed by the caller when state is kGood; else there is none
  std::uint32_t size = 0;
  FileIdentity identity;
};

// Keeps errno.
OpenedFile open_snapshot(const char* path, FileKind kind, uid_t owner);

// Such a file mapped for as long as this lives. Keeps errno.
class MappedFile {
 public:
  MappedFile(const char* path, FileKind kind, uid_t owner);
  MappedFile(const MappedFile&) = delete;
  MappedFile& operator=(const MappedFile&) = delete;
  ~MappedFile();

  FileState state() const { return state_; }
  int error() const { return errno_of(state_, system_error_); }
  // Only when state() is kGood.
  const std::uint8_t* data() const { return data_; }
  std::uint32_t size() const { return size_; }

 private:
  FileState state_;
  int system_error_;
  const std::uint8_t* data_ = nullptr;
  std::uint32_t size_ = 0;
};

}  // namespace jpki::ad::snapshot
