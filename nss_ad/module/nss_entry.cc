// SPDX-License-Identifier: LGPL-2.1-or-later
//
// libnss_ad.so.2: the functions that libc calls for "ad" in nsswitch.conf (glibc manual, "NSS Module
// Function Interface"). passwd and group from users.snap; shadow, and users by certificate, from
// restricted.snap for those who may read it.
#include "nss_ad/module/mapping_spelling.h"
#include "nss_ad/module/records.h"
#include "nss_ad/module/shared_users.h"

#include <cstring>
#include <ctime>

namespace {

using namespace jpki::ad::module;
using namespace jpki::ad::snapshot;

constexpr std::size_t kMaxMapping = 4096;

constinit SharedUsers shared_users;
// The id from which on an enumeration goes; one for the process, as libc's own.
constinit std::atomic<std::uint64_t> next_user{0};
constinit std::atomic<std::uint64_t> next_group{0};
constinit std::atomic<std::uint64_t> next_account{0};

__attribute__((destructor)) void unload() {
  shared_users.release();
}

// Mapped for one call: whoever sheds its privileges keeps no copy.
template <class LookUp>
Answer from_restricted(LookUp look) {
  const MappedFile file(installation().restricted, FileKind::kRestricted, installation().owner);
  if (file.state() != FileState::kGood) return unavailable(file.state(), file.error());
  return look(RestrictedView(file.data(), file.size()));
}

bool is_enumerable(const View& view) {
  return (view.flags() & format::kEnumerate) != 0;
}

template <class LookUp>
Answer one_user(LookUp look, struct passwd* entry, Buffer buffer) {
  return shared_users.answer([&](const UsersView& view) {
    __attribute__((uninitialized)) UserFields user;
    if (const Look found = look(view, user); found != Look::kFound) return answer_of(found);
    return fill(user, buffer, entry);
  });
}

template <class LookUp>
Answer one_group(LookUp look, struct group* entry, Buffer buffer) {
  return shared_users.answer([&](const UsersView& view) {
    __attribute__((uninitialized)) GroupFields group;
    if (const Look found = look(view, group); found != Look::kFound) return answer_of(found);
    return fill(view, group, buffer, entry);
  });
}

bool same(const Piece& a, const char* b, std::uint32_t size) {
  return a.size == size && std::memcmp(a.bytes, b, size) == 0;
}

// The user of both files, when they mean the same one.
Answer user_of_account(const AccountFields& account, struct passwd* entry, Buffer buffer) {
  return shared_users.answer([&](const UsersView& view) {
    UserFields user{};
    Piece sid;
    if (const Look found = view.user_by_uid(account.uid, user); found != Look::kFound)
      return answer_of(found);
    if (view.sid(user.sid, sid) != Look::kFound) return kDamaged;
    const bool agree = same(account.name, user.strings, user.name) && same(account.sid, sid.bytes, sid.size);
    return agree ? fill(user, buffer, entry) : kNotFound;
  });
}

// A certificate that several accounts are bound to names nobody.
Answer user_of_mapping(const char* mapping, std::size_t size, struct passwd* entry, Buffer buffer) {
  if (size > kMaxMapping) return kNotFound;
  __attribute__((uninitialized)) char canonical[kMaxMapping];
  std::memcpy(canonical, mapping, size);
  make_canonical(canonical, size);
  const Answer answer = from_restricted([&](const RestrictedView& view) {
    BindingFields binding{};
    AccountFields account{};
    if (const Look found = view.binding(canonical, size, binding); found != Look::kFound)
      return answer_of(found);
    if (binding.account_count != 1) return kNotFound;
    if (view.bound_account(binding, 0, account) != Look::kFound) return kDamaged;
    return user_of_account(account, entry, buffer);
  });
  // For who may not ask, there is no such user.
  return answer.error == EACCES ? kNotFound : answer;
}

// The entry with the smallest id from `cursor` on; the cursor moves behind it only when it was told.
template <class Next>
Answer enumerate(std::atomic<std::uint64_t>& cursor, Next next) {
  std::uint64_t id = cursor.load();
  const Answer answer = next(id);
  if (answer.status == NSS_STATUS_SUCCESS) cursor.store(id + 1);
  return answer;
}

}  // namespace

extern "C" {

#define NSS_EXPORT __attribute__((visibility("default"))) nss_status

NSS_EXPORT _nss_ad_getpwnam_r(const char* name, struct passwd* entry, char* buffer, std::size_t size,
                              int* errnop) {
  const std::size_t length = std::strlen(name);
  if (name[0] == 'X' && std::strncmp(name, kMappingPrefix, sizeof kMappingPrefix - 1) == 0)
    return tell(user_of_mapping(name, length, entry, {buffer, size}), errnop);
  const auto by_name = [&](const UsersView& view, UserFields& user) {
    return view.user_by_name(name, length, user);
  };
  return tell(one_user(by_name, entry, {buffer, size}), errnop);
}

NSS_EXPORT _nss_ad_getpwuid_r(uid_t uid, struct passwd* entry, char* buffer, std::size_t size, int* errnop) {
  const auto by_uid = [uid](const UsersView& view, UserFields& user) { return view.user_by_uid(uid, user); };
  return tell(one_user(by_uid, entry, {buffer, size}), errnop);
}

NSS_EXPORT _nss_ad_setpwent(int /*stay_open*/) {
  next_user.store(0);
  return NSS_STATUS_SUCCESS;
}

NSS_EXPORT _nss_ad_endpwent() {
  return _nss_ad_setpwent(0);
}

NSS_EXPORT _nss_ad_getpwent_r(struct passwd* entry, char* buffer, std::size_t size, int* errnop) {
  return tell(enumerate(next_user,
                        [&](std::uint64_t& id) {
                          const std::uint64_t from = id;
                          const auto next = [&](const UsersView& view, UserFields& user) {
                            if (!is_enumerable(view)) return Look::kNone;
                            const Look look = view.user_from(from, user);
                            if (look == Look::kFound) id = user.uid;
                            return look;
                          };
                          return one_user(next, entry, {buffer, size});
                        }),
              errnop);
}

NSS_EXPORT _nss_ad_getgrnam_r(const char* name, struct group* entry, char* buffer, std::size_t size,
                              int* errnop) {
  const std::size_t length = std::strlen(name);
  const auto by_name = [&](const UsersView& view, GroupFields& group) {
    return view.group_by_name(name, length, group);
  };
  return tell(one_group(by_name, entry, {buffer, size}), errnop);
}

NSS_EXPORT _nss_ad_getgrgid_r(gid_t gid, struct group* entry, char* buffer, std::size_t size, int* errnop) {
  const auto by_gid = [gid](const UsersView& view, GroupFields& group) {
    return view.group_by_gid(gid, group);
  };
  return tell(one_group(by_gid, entry, {buffer, size}), errnop);
}

NSS_EXPORT _nss_ad_setgrent(int /*stay_open*/) {
  next_group.store(0);
  return NSS_STATUS_SUCCESS;
}

NSS_EXPORT _nss_ad_endgrent() {
  return _nss_ad_setgrent(0);
}

NSS_EXPORT _nss_ad_getgrent_r(struct group* entry, char* buffer, std::size_t size, int* errnop) {
  return tell(enumerate(next_group,
                        [&](std::uint64_t& id) {
                          const std::uint64_t from = id;
                          const auto next = [&](const UsersView& view, GroupFields& group) {
                            if (!is_enumerable(view)) return Look::kNone;
                            const Look look = view.group_from(from, group);
                            if (look == Look::kFound) id = group.gid;
                            return look;
                          };
                          return one_group(next, entry, {buffer, size});
                        }),
              errnop);
}

NSS_EXPORT _nss_ad_initgroups_dyn(const char* name, gid_t primary, long* start, long* capacity, gid_t** gids,
                                  long limit, int* errnop) {
  const std::size_t length = std::strlen(name);
  const GroupList list = {gids, capacity, *start, limit};
  long added = 0;
  const Answer answer = shared_users.answer([&](const UsersView& view) {
    Memberships memberships{};
    if (const Look found = view.memberships_of(name, length, memberships); found != Look::kFound)
      return answer_of(found);
    return fill(memberships, primary, list, &added);
  });
  if (answer.status == NSS_STATUS_SUCCESS) *start += added;
  return tell(answer, errnop);
}

NSS_EXPORT _nss_ad_getspnam_r(const char* name, struct spwd* entry, char* buffer, std::size_t size,
                              int* errnop) {
  return tell(from_restricted([&](const RestrictedView& view) {
                AccountFields account{};
                const Look found = view.account_by_name(name, std::strlen(name), account);
                if (found != Look::kFound) return answer_of(found);
                return fill(account, std::time(nullptr), {buffer, size}, entry);
              }),
              errnop);
}

NSS_EXPORT _nss_ad_setspent(int /*stay_open*/) {
  next_account.store(0);
  return NSS_STATUS_SUCCESS;
}

NSS_EXPORT _nss_ad_endspent() {
  return _nss_ad_setspent(0);
}

NSS_EXPORT _nss_ad_getspent_r(struct spwd* entry, char* buffer, std::size_t size, int* errnop) {
  return tell(enumerate(next_account,
                        [&](std::uint64_t& id) {
                          return from_restricted([&](const RestrictedView& view) {
                            AccountFields account{};
                            const Look found =
                                is_enumerable(view) ? view.account_from(id, account) : Look::kNone;
                            if (found != Look::kFound) return answer_of(found);
                            id = account.uid;
                            return fill(account, std::time(nullptr), {buffer, size}, entry);
                          });
                        }),
              errnop);
}

}  // extern "C"
