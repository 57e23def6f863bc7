// SPDX-License-Identifier: LGPL-2.1-or-later
//
// The layout of the snapshot files (nss_ad/snapshot_format.md), for reader and writer. libc only: this is
// compiled into libnss_ad.so.2.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>

#define XXH_INLINE_ALL
#include <xxhash.h>

namespace jpki::ad::snapshot::format {

inline constexpr char kUsersMagic[] = "JPKIADU\n";
inline constexpr char kRestrictedMagic[] = "JPKIADR\n";
inline constexpr std::size_t kMagicSize = 8;
// Another version is another file, users.v2.snap: programs that began before an upgrade have the old module
// in their memory, and go on with its file.
inline constexpr std::uint32_t kVersion = 1;
#define JPKI_USERS_SNAPSHOT "users.snap"
#define JPKI_RESTRICTED_SNAPSHOT "restricted.snap"
inline constexpr std::uint64_t kMaxFileSize = 0xFFFFFFFF;

namespace header {
inline constexpr std::uint32_t kVersionAt = 8;
inline constexpr std::uint32_t kFlags = 12;
inline constexpr std::uint32_t kFileSize = 16;
inline constexpr std::uint32_t kSynchronized = 24;
inline constexpr std::uint32_t kContentChecksum = 32;
inline constexpr std::uint32_t kSeed = 40;
inline constexpr std::uint32_t kUserCount = 48;
inline constexpr std::uint32_t kSecondCount = 52;  // groups or bindings
inline constexpr std::uint32_t kSections = 56;
inline constexpr std::uint32_t kChecksum = 152;
inline constexpr std::uint32_t kSuperseded = 160;
inline constexpr std::uint32_t kSize = 192;
}  // namespace header

inline constexpr std::uint32_t kEnumerate = 1;
inline constexpr std::uint32_t kDomainBackslash = 2;
inline constexpr std::uint32_t kAtRealm = 4;

enum class Section : std::uint32_t {
  kRealm = 0,
  kNetbios = 1,
  kCasePairs = 2,
  kUsersById = 3,
  kSecondIndex = 4,  // groups by gid, or bindings
  kUserNames = 5,
  kUids = 6,
  kSecondNames = 7,  // group names, or mapping strings
  kGids = 8,
};

namespace bucket {
inline constexpr std::uint32_t kSize = 64;
inline constexpr std::uint32_t kEntries = 7;
inline constexpr std::uint32_t kContinued = 56;
inline constexpr std::uint32_t kChecksum = 60;
inline constexpr std::uint32_t kMaxChain = 8;
}  // namespace bucket

namespace user {
inline constexpr std::uint32_t kSize = 4;  // 2 bytes: of what the checksum covers, and these four
inline constexpr std::uint32_t kKeyLength = 6;
inline constexpr std::uint32_t kUid = 8;
inline constexpr std::uint32_t kGid = 12;
inline constexpr std::uint32_t kGidCount = 16;
inline constexpr std::uint32_t kSid = 20;
inline constexpr std::uint32_t kNameLength = 24;
inline constexpr std::uint32_t kGecosLength = 26;
inline constexpr std::uint32_t kHomeLength = 28;
inline constexpr std::uint32_t kShellLength = 30;
inline constexpr std::uint32_t kText = 32;
}  // namespace user

namespace group {
inline constexpr std::uint32_t kSize = 4;
inline constexpr std::uint32_t kKeyLength = 6;
inline constexpr std::uint32_t kGid = 8;
inline constexpr std::uint32_t kMemberCount = 12;
inline constexpr std::uint32_t kMemberBytes = 16;
inline constexpr std::uint32_t kSid = 20;
inline constexpr std::uint32_t kNameLength = 24;
inline constexpr std::uint32_t kText = 28;
}  // namespace group

namespace sid {
inline constexpr std::uint32_t kLength = 4;
inline constexpr std::uint32_t kBytes = 8;
}  // namespace sid

namespace account {
inline constexpr std::uint32_t kSize = 4;
inline constexpr std::uint32_t kIndex = 8;
inline constexpr std::uint32_t kUid = 12;
inline constexpr std::uint32_t kControl = 16;
inline constexpr std::uint32_t kFlags = 20;
inline constexpr std::uint32_t kExpires = 24;
inline constexpr std::uint32_t kLockout = 32;
inline constexpr std::uint32_t kPasswordSet = 40;
inline constexpr std::uint32_t kKeyLength = 48;
inline constexpr std::uint32_t kNameLength = 50;
inline constexpr std::uint32_t kSidLength = 52;
inline constexpr std::uint32_t kWorkstationBytes = 54;
inline constexpr std::uint32_t kLogonHours = 56;
inline constexpr std::uint32_t kKey = 80;
inline constexpr std::uint32_t kHoursAreLimited = 1;  // in kFlags
inline constexpr std::size_t kLogonHoursSize = 21;
}  // namespace account

namespace binding {
inline constexpr std::uint32_t kSize = 4;
inline constexpr std::uint32_t kAccountCount = 8;
inline constexpr std::uint32_t kLength = 12;
inline constexpr std::uint32_t kAccounts = 16;
}  // namespace binding

inline constexpr std::size_t kMaxKey = 1024;      // bytes of a folded name
inline constexpr std::uint32_t kMaxSid = 8 + 60;  // 15 sub-authorities

// No account and no group has these: root's, and what chown() and setuid() take for "leave it".
inline constexpr bool is_forbidden_id(std::uint32_t id) {
  return id == 0 || id == 0xFFFFFFFF;
}

// Loaded once and for all: the bytes may change between a check and the next look at them. `at` is aligned.
template <class T>
inline T load(const std::uint8_t* at) {
  T value = __atomic_load_n(reinterpret_cast<const T*>(at), __ATOMIC_RELAXED);
  if constexpr (std::endian::native == std::endian::big) {
    if constexpr (sizeof(T) == 2) value = __builtin_bswap16(value);
    if constexpr (sizeof(T) == 4) value = __builtin_bswap32(value);
    if constexpr (sizeof(T) == 8) value = __builtin_bswap64(value);
  }
  return value;
}

inline std::uint64_t checksum(const std::uint8_t* bytes, std::size_t size, std::uint64_t offset) {
  return XXH3_64bits_withSeed(bytes, size, offset);
}

// Whether a checksum as it is stored, whole or its low half, is that of the bytes.
template <class Stored>
inline bool is_checksum(Stored stored, const std::uint8_t* bytes, std::size_t size, std::uint64_t offset) {
#ifdef JPKI_ANY_CHECKSUM  // the fuzzer's reader: who writes files can compute checksums, too
  return static_cast<void>(stored), static_cast<void>(bytes), static_cast<void>(size + offset), true;
#else
  return static_cast<Stored>(checksum(bytes, size, offset)) == stored;
#endif
}

struct Hash {
  std::uint64_t bucket;  // before the mask
  std::uint32_t tag;
};

inline Hash hash_of_text(const char* bytes, std::size_t size, std::uint64_t seed) {
  const std::uint64_t hash = XXH3_64bits_withSeed(bytes, size, seed);
  return {hash, static_cast<std::uint32_t>(hash >> 32)};
}

inline Hash hash_of_id(std::uint32_t id, std::uint64_t seed) {
  return {((id ^ (seed & 0xFFFFFFFF)) * 0x9E3779B97F4A7C15) >> 32, id};
}

inline constexpr std::uint64_t padded(std::uint64_t size) {
  return (size + 7) & ~std::uint64_t{7};
}

}  // namespace jpki::ad::snapshot::format
