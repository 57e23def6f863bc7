// SPDX-License-Identifier: LGPL-2.1-or-later
#include "nss_ad/module/records.h"

#include <cstdlib>
#include <cstring>

namespace jpki::ad::module {
namespace {

using snapshot::format::load;

constexpr std::uint32_t kAccountDisable = 0x2;  // [MS-ADTS] 2.2.16
constexpr std::int64_t kNever = INT64_MAX;      // accountExpires; as 0 is
constexpr std::int64_t kTicksPerSecond = 10'000'000;
constexpr std::int64_t kSecondsTo1970 = 11'644'473'600;  // from 1601
constexpr std::int64_t kSecondsPerDay = 86'400;

// The first day of expiry as shadow(5) counts them, -1: never. pam_unix compares whole days of UTC, AD means
// a second: before that second the day is rounded up, from it on down.
long expiry_day(const snapshot::AccountFields& account, std::int64_t now) {
  if ((account.user_account_control & kAccountDisable) != 0) return 1;
  if (account.account_expires == 0 || account.account_expires == kNever) return -1;
  const std::int64_t expires = account.account_expires / kTicksPerSecond - kSecondsTo1970;
  // 0 means never to some; what is over is over on day 1, too.
  if (expires <= kSecondsPerDay) return 1;
  return static_cast<long>(now >= expires ? expires / kSecondsPerDay
                                          : (expires + kSecondsPerDay - 1) / kSecondsPerDay);
}

}  // namespace

Answer fill(const snapshot::UserFields& user, Buffer buffer, struct passwd* entry) {
  if (buffer.size < user.strings_size) return kBufferTooSmall;
  std::memcpy(buffer.bytes, user.strings, user.strings_size);
  char* at = buffer.bytes;
  const auto next = [&at](std::uint32_t length) {
    char* const field = at;
    field[length] = '\0';
    at += length + 1;
    return field;
  };
  entry->pw_name = next(user.name);
  entry->pw_passwd = next(1);
  entry->pw_uid = user.uid;
  entry->pw_gid = user.gid;
  entry->pw_gecos = next(user.gecos);
  entry->pw_dir = next(user.home);
  entry->pw_shell = next(user.shell);
  return kSuccess;
}

Answer fill(const snapshot::UsersView& view, const snapshot::GroupFields& group, Buffer buffer,
            struct group* entry) {
  const std::size_t padding = -reinterpret_cast<std::uintptr_t>(buffer.bytes) & (alignof(char*) - 1);
  const std::size_t pointers = (std::size_t{group.member_count} + 1) * sizeof(char*);
  if (buffer.size < padding + pointers + group.strings_size + group.member_bytes) return kBufferTooSmall;
  snapshot::Piece names;
  if (view.members(group, names) != snapshot::Look::kFound) return kDamaged;

  auto** const member = reinterpret_cast<char**>(buffer.bytes + padding);
  char* const strings = buffer.bytes + padding + pointers;
  std::memcpy(strings, group.strings, group.strings_size);
  strings[group.name] = '\0';
  strings[group.strings_size - 1] = '\0';
  char* at = strings + group.strings_size;
  char* const end = at + names.size;
  std::memcpy(at, names.bytes, names.size);
  for (std::uint32_t i = 0; i < group.member_count; ++i) {
    char* const nul = static_cast<char*>(std::memchr(at, '\0', static_cast<std::size_t>(end - at)));
    if (nul == nullptr) return kDamaged;
    member[i] = at;
    at = nul + 1;
  }
  if (at != end) return kDamaged;
  member[group.member_count] = nullptr;
  entry->gr_name = strings;
  entry->gr_passwd = strings + group.name + 1;
  entry->gr_gid = group.gid;
  entry->gr_mem = member;
  return kSuccess;
}

Answer fill(const snapshot::AccountFields& account, std::int64_t now, Buffer buffer, struct spwd* entry) {
  constexpr char kPassword[] = "!*";
  if (buffer.size < account.name.size + 1 + sizeof kPassword) return kBufferTooSmall;
  std::memcpy(buffer.bytes, account.name.bytes, account.name.size);
  buffer.bytes[account.name.size] = '\0';
  char* const password = buffer.bytes + account.name.size + 1;
  std::memcpy(password, kPassword, sizeof kPassword);
  const bool locked = (account.user_account_control & kAccountDisable) != 0 || account.lockout_time != 0;
  entry->sp_namp = buffer.bytes;
  entry->sp_pwdp = locked ? password : password + 1;
  entry->sp_lstchg = -1;
  entry->sp_min = -1;
  entry->sp_max = -1;
  entry->sp_warn = -1;
  entry->sp_inact = -1;
  entry->sp_expire = expiry_day(account, now);
  entry->sp_flag = ~0UL;
  return kSuccess;
}

Answer fill(const snapshot::Memberships& memberships, gid_t primary, const GroupList& list, long* added) {
  *added = 0;
  long room = static_cast<long>(memberships.gid_count);
  if (list.limit > 0 && list.limit - list.start < room) room = list.limit - list.start;
  if (room <= 0) return kSuccess;
  if (*list.capacity - list.start < room) {
    const long capacity = list.start + room;
    auto* const gids =
        static_cast<gid_t*>(std::realloc(*list.gids, static_cast<std::size_t>(capacity) * sizeof(gid_t)));
    if (gids == nullptr) return kNoMemory;
    *list.gids = gids;
    *list.capacity = capacity;
  }
  for (std::uint32_t i = 0; i < memberships.gid_count && *added < room; ++i) {
    const gid_t gid = load<std::uint32_t>(memberships.gids + std::size_t{4} * i);
    if (gid == primary || snapshot::format::is_forbidden_id(gid)) continue;
    (*list.gids)[list.start + *added] = gid;
    ++*added;
  }
  return kSuccess;
}

}  // namespace jpki::ad::module
