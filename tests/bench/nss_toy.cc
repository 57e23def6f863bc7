// SPDX-License-Identifier: LGPL-2.1-or-later
//
// The toy as an NSS module: _nss_toy_… as libc would call them.
#include "tests/bench/nss_toy.h"

#include <cerrno>
#include <cstring>

#include <fcntl.h>
#include <grp.h>
#include <nss.h>
#include <pwd.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

namespace {

using namespace jpki::bench::toy;

const char* base = nullptr;

const Header& header() {
  return *reinterpret_cast<const Header*>(base);
}

template <class Record, class Matches>
const Record* find(int table, std::uint32_t hash, Matches matches) {
  const auto* const slots = reinterpret_cast<const Slot*>(base + header().slots[table]);
  for (std::uint32_t i = hash;; ++i) {
    const Slot& slot = slots[i & header().mask[table]];
    if (slot.record == 0) return nullptr;
    if (slot.hash != hash) continue;
    const auto* const record = reinterpret_cast<const Record*>(base + slot.record);
    if (matches(*record)) return record;
  }
}

template <class Record>
bool has_name(const Record& record, const char* name, std::size_t size) {
  return record.name == size && std::memcmp(&record + 1, name, size) == 0;
}

nss_status copy(const User* user, struct passwd* entry, char* buffer, std::size_t size, int* errnop) {
  if (user == nullptr) return NSS_STATUS_NOTFOUND;
  if (size < user->strings) {
    *errnop = ERANGE;
    return NSS_STATUS_TRYAGAIN;
  }
  std::memcpy(buffer, user + 1, user->strings);
  entry->pw_name = buffer;
  entry->pw_passwd = entry->pw_name + user->name + 1;
  entry->pw_gecos = entry->pw_passwd + 2;
  entry->pw_dir = entry->pw_gecos + user->gecos + 1;
  entry->pw_shell = entry->pw_dir + user->home + 1;
  entry->pw_uid = user->uid;
  entry->pw_gid = user->gid;
  return NSS_STATUS_SUCCESS;
}

const User* user_named(const char* name) {
  const std::size_t size = std::strlen(name);
  return find<User>(0, hash_of(name, size), [&](const User& user) { return has_name(user, name, size); });
}

}  // namespace

#define TOY_EXPORT extern "C" __attribute__((visibility("default")))

TOY_EXPORT int nss_toy_use(const char* path) {
  const int fd = ::open(path, O_RDONLY | O_CLOEXEC);
  struct stat status {};
  ::fstat(fd, &status);
  base = static_cast<const char*>(
      ::mmap(nullptr, static_cast<std::size_t>(status.st_size), PROT_READ, MAP_SHARED, fd, 0));
  ::close(fd);
  return base == MAP_FAILED ? -1 : 0;
}

TOY_EXPORT nss_status _nss_toy_getpwnam_r(const char* name, struct passwd* entry, char* buffer,
                                          std::size_t size, int* errnop) {
  return copy(user_named(name), entry, buffer, size, errnop);
}

TOY_EXPORT nss_status _nss_toy_getpwuid_r(uid_t uid, struct passwd* entry, char* buffer, std::size_t size,
                                          int* errnop) {
  return copy(find<User>(1, hash_of(uid), [uid](const User& user) { return user.uid == uid; }), entry, buffer,
              size, errnop);
}

TOY_EXPORT nss_status _nss_toy_getgrnam_r(const char* name, struct group* entry, char* buffer,
                                          std::size_t size, int* errnop) {
  const std::size_t length = std::strlen(name);
  const auto* const group =
      find<Group>(2, hash_of(name, length), [&](const Group& one) { return has_name(one, name, length); });
  if (group == nullptr) return NSS_STATUS_NOTFOUND;
  const std::size_t pointers = (group->members + std::size_t{1}) * sizeof(char*);
  if (size < pointers + group->strings) {
    *errnop = ERANGE;
    return NSS_STATUS_TRYAGAIN;
  }
  auto** const member = reinterpret_cast<char**>(buffer);
  char* at = buffer + pointers;
  std::memcpy(at, group + 1, group->strings);
  entry->gr_name = at;
  entry->gr_passwd = at + group->name + 1;
  at = entry->gr_passwd + 2;
  for (std::uint32_t i = 0; i < group->members; ++i) {
    member[i] = at;
    at += std::strlen(at) + 1;
  }
  member[group->members] = nullptr;
  entry->gr_gid = group->gid;
  entry->gr_mem = member;
  return NSS_STATUS_SUCCESS;
}

TOY_EXPORT nss_status _nss_toy_initgroups_dyn(const char* name, gid_t primary, long* start, long* capacity,
                                              gid_t** gids, long /*limit*/, int* /*errnop*/) {
  const User* const user = user_named(name);
  if (user == nullptr) return NSS_STATUS_NOTFOUND;
  const auto* const listed = reinterpret_cast<const std::uint32_t*>(reinterpret_cast<const char*>(user + 1) +
                                                                    (user->strings + 3) / 4 * 4);
  if (*capacity - *start < static_cast<long>(user->gids)) return NSS_STATUS_TRYAGAIN;
  for (std::uint32_t i = 0; i < user->gids; ++i) {
    if (listed[i] != primary) (*gids)[(*start)++] = listed[i];
  }
  return NSS_STATUS_SUCCESS;
}
