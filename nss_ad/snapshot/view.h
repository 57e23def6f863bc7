// SPDX-License-Identifier: LGPL-2.1-or-later
//
// The snapshot files as their reader sees them (nss_ad/snapshot_format.md). libc only, shared by
// libnss_ad.so.2 and the programs. No byte is trusted: whatever the file holds, a look-up ends, reads inside
// [data, data + size) only, and says kDamaged when a checksum or a bound does not hold. The bytes may even
// change during a look-up, but then the caller must throw its result away.
#pragma once

#include "nss_ad/snapshot/format.h"
#include "nss_ad/snapshot/key.h"

#include <cstddef>
#include <cstdint>

namespace jpki::ad::snapshot {

enum class FileKind { kUsers, kRestricted };

enum class HeaderState {
  kGood,
  kForeign,  // no snapshot of this kind
  kTooNew,   // of a version that this reader does not know
  kDamaged,
};

// What the first header::kSize bytes of a file of `file_size` bytes say, checksum included.
HeaderState check_header(const std::uint8_t* bytes, std::uint64_t file_size, FileKind kind);

enum class Look { kFound, kNone, kDamaged };

// A piece of the file, not terminated.
struct Piece {
  const char* bytes = nullptr;
  std::uint32_t size = 0;
};

struct UserFields {
  std::uint32_t uid;
  std::uint32_t gid;
  Piece key;
  const char* strings;         // name NUL x NUL gecos NUL home NUL shell NUL
  std::uint32_t strings_size;  // with all NULs
  std::uint32_t name;          // lengths, without NUL
  std::uint32_t gecos;
  std::uint32_t home;
  std::uint32_t shell;
  std::uint32_t gids;  // offset
  std::uint32_t gid_count;
  std::uint32_t sid;  // offset
};

struct Memberships {
  const std::uint8_t* gids;  // 4 bytes each, for format::load
  std::uint32_t gid_count;
};

struct GroupFields {
  std::uint32_t gid;
  Piece key;
  const char* strings;  // name NUL x NUL
  std::uint32_t strings_size;
  std::uint32_t name;
  std::uint32_t member_count;
  std::uint32_t member_bytes;  // names with their NULs
  std::uint32_t members;       // offset
  std::uint32_t sid;           // offset
};

struct AccountFields {
  std::uint32_t index;
  std::uint32_t uid;
  std::uint32_t user_account_control;
  bool hours_are_limited;
  std::int64_t account_expires;
  std::int64_t lockout_time;
  std::int64_t pwd_last_set;
  const std::uint8_t* logon_hours;  // format::account::kLogonHoursSize bytes
  Piece key;
  Piece name;
  Piece workstations;  // each with its NUL
  Piece sid;
};

struct BindingFields {
  std::uint32_t index;
  std::uint32_t account_count;
  const std::uint8_t* accounts;  // offsets for account_at()
  Piece mapping;
};

// What both files have. `data` is a mapping that begins with a header that was kGood, aligned to 64 bytes.
class View {
 public:
  View(const std::uint8_t* data, std::uint32_t size) : data_(data), size_(size) {}

  const std::uint8_t* data() const { return data_; }
  std::uint32_t size() const { return size_; }
  std::int64_t synchronized() const;
  std::uint32_t flags() const;
  std::uint32_t user_count() const;
  std::uint32_t second_count() const;  // groups or bindings
  Piece realm() const;
  Piece netbios() const;
  // The checksum over all of the file; reads all of it.
  bool content_is_whole() const;

 protected:
  struct Extent {
    std::uint32_t offset = 0;
    std::uint32_t count = 0;
  };
  Extent section(format::Section section) const;
  Piece text(format::Section section) const;
  CasePairs case_pairs() const;
  std::uint64_t seed() const;
  // `size` bytes at `offset`, or null when they are not all in the file.
  const std::uint8_t* at(std::uint64_t offset, std::uint64_t size) const {
    return offset <= size_ && size <= size_ - offset ? data_ + offset : nullptr;
  }
  // `size` bytes at `offset` of which the first 4 are the checksum of the others, when it holds.
  const std::uint8_t* checked(std::uint64_t offset, std::uint64_t size) const {
    const std::uint8_t* const bytes = offset % 4 == 0 && size >= 4 ? at(offset, size) : nullptr;
    if (bytes == nullptr) return nullptr;
    const auto stored = format::load<std::uint32_t>(bytes);
    return format::is_checksum(stored, bytes + 4, size - 4, offset + 4) ? bytes : nullptr;
  }

  // `matches(offset)` is kFound for the right record, kNone for another.
  template <class Matches>
  Look find(format::Section table, format::Hash hash, Matches matches) const;
  // The record of the name `table` whose key is that of `name`, in the spellings that the file allows;
  // `read(offset, fields)` reads one. When it has another key, `is_whole(offset)` says whether that is true.
  template <class Fields, class Read, class IsWhole>
  Look find_name(format::Section table, const char* name, std::size_t size, Fields& fields, Read read,
                 IsWhole is_whole) const;
  template <class Fields, class Read>
  Look find_name(format::Section table, const char* name, std::size_t size, Fields& fields, Read read) const {
    return find_name(table, name, size, fields, read, [](std::uint32_t) { return true; });
  }
  // What is left of `name` without a domain of ours: of DOMAIN\user and user@realm, as the flags allow.
  // Nothing when it has none.
  Piece without_domain(const char* name, std::size_t size) const;
  // The entry at `index` of an index section; the offset of the first record with an id of at least
  // `minimum`. Offset 0: none.
  struct Indexed {
    std::uint32_t id = 0;
    std::uint32_t offset = 0;
  };
  Indexed indexed(format::Section section, std::uint32_t index) const;
  std::uint32_t first_from(format::Section section, std::uint64_t minimum) const;

 private:
  const std::uint8_t* data_;
  std::uint32_t size_;
};

// Records are complete only after kFound. Ids of 0 and 2^32-1 are damage.
class UsersView : public View {
 public:
  using View::View;

  Look user_by_name(const char* name, std::size_t size, UserFields& user) const;
  Look user_by_uid(std::uint32_t uid, UserFields& user) const;
  Look user_at(std::uint32_t index, UserFields& user) const;
  // The user with the smallest uid of at least `minimum`.
  Look user_from(std::uint64_t minimum, UserFields& user) const;
  Look memberships(const UserFields& user, Memberships& memberships) const;
  // Both at once, for a name; the gids of a user have a checksum of their own.
  Look memberships_of(const char* name, std::size_t size, Memberships& memberships) const;
  Look sid(std::uint32_t offset, Piece& sid) const;  // of a user or a group

  Look group_by_name(const char* name, std::size_t size, GroupFields& group) const;
  Look group_by_gid(std::uint32_t gid, GroupFields& group) const;
  Look group_at(std::uint32_t index, GroupFields& group) const;
  Look group_from(std::uint64_t minimum, GroupFields& group) const;
  Look members(const GroupFields& group, Piece& names) const;  // each with its NUL

 private:
  enum class Sum { kVerified, kSkipped };
  template <Sum kSum>
  Look user_record(std::uint32_t offset, UserFields& user) const;
  Look group_record(std::uint32_t offset, GroupFields& group) const;
};

class RestrictedView : public View {
 public:
  using View::View;

  Look account_by_name(const char* name, std::size_t size, AccountFields& account) const;
  Look account_by_uid(std::uint32_t uid, AccountFields& account) const;
  Look account_at(std::uint32_t index, AccountFields& account) const;
  Look account_from(std::uint64_t minimum, AccountFields& account) const;

  // `mapping` in its canonical spelling.
  Look binding(const char* mapping, std::size_t size, BindingFields& binding) const;
  Look binding_at(std::uint32_t index, BindingFields& binding) const;
  // The nth account that a binding names, n < account_count.
  Look bound_account(const BindingFields& binding, std::uint32_t n, AccountFields& account) const;

 private:
  // A record of at least `fixed` bytes, its size being at `size_at`.
  const std::uint8_t* record(std::uint32_t offset, std::uint32_t size_at, std::uint32_t fixed,
                             std::uint32_t& size) const;
  Look account_record(std::uint32_t offset, AccountFields& account) const;
  Look binding_record(std::uint32_t offset, BindingFields& binding) const;
};

}  // namespace jpki::ad::snapshot
