// SPDX-License-Identifier: LGPL-2.1-or-later
//
// A directory with snapshots that the module under test answers from, and questions to it.
#pragma once

#include "tests/unit/nss_ad/lab_installation.h"
#include "tests/unit/nss_ad/nss_functions.h"
#include "tests/unit/nss_ad/snapshot_fixture.h"
#include "tests/unit/support/memory_directory.h"

#include <cerrno>

#include <unistd.h>

namespace jpki::ad::snapshot::test {

class Site {
 public:
  explicit Site(const Contents& contents) : Site() { publish(contents); }
  Site() { nss_ad_lab_use(directory_.c_str(), ::geteuid()); }
  Site(const Site&) = delete;
  Site& operator=(const Site&) = delete;
  ~Site() {
    std::error_code ignored;
    std::filesystem::remove_all(directory_, ignored);
  }

  void publish(const Contents& contents) {
    const auto written = write_snapshots(
        contents, {.directory = directory_, .restricted_group = ::getegid(), .users_group = ::getegid()});
    ck_assert_msg(written.has_value(), "%s", written ? "" : written.error().c_str());
  }
  // A file under the name, by other means than the writer's: no word in the old one.
  void put_in_place(std::string_view name, Bytes bytes, unsigned mode = 0644) {
    std::ofstream(path("by-hand"), std::ios::binary) << as_text(bytes);
    std::filesystem::permissions(path("by-hand"), std::filesystem::perms(mode));
    std::filesystem::rename(path("by-hand"), path(name));
  }
  void remove(std::string_view name) { std::filesystem::remove(path(name)); }
  std::string path(std::string_view name = "") const {
    return name.empty() ? directory_ : directory_ + "/" + std::string(name);
  }

 private:
  // In memory: thousands of swaps would otherwise wait for a disk.
  const std::string directory_ = jpki::test::make_memory_directory("jpki-nss");
};

// An answer as `getent` prints it, or its status and errno.
inline std::string told(nss_status status, int error) {
  switch (status) {
    case NSS_STATUS_TRYAGAIN:
      return "tryagain " + std::to_string(error);
    case NSS_STATUS_UNAVAIL:
      return "unavail " + std::to_string(error);
    case NSS_STATUS_NOTFOUND:
      return "notfound " + std::to_string(error);
    case NSS_STATUS_SUCCESS:
    case NSS_STATUS_RETURN:
      break;
  }
  return "?";
}

inline std::string line_of(const struct passwd& entry) {
  return std::string(entry.pw_name) + ":" + entry.pw_passwd + ":" + std::to_string(entry.pw_uid) + ":" +
         std::to_string(entry.pw_gid) + ":" + entry.pw_gecos + ":" + entry.pw_dir + ":" + entry.pw_shell;
}
inline std::string line_of(const struct group& entry) {
  std::string line =
      std::string(entry.gr_name) + ":" + entry.gr_passwd + ":" + std::to_string(entry.gr_gid) + ":";
  for (char** member = entry.gr_mem; *member != nullptr; ++member)
    line += std::string(member == entry.gr_mem ? "" : ",") + *member;
  return line;
}
inline std::string line_of(const struct spwd& entry) {
  return std::string(entry.sp_namp) + ":" + entry.sp_pwdp + ":" + std::to_string(entry.sp_lstchg) + ":" +
         std::to_string(entry.sp_max) + ":" + std::to_string(entry.sp_expire);
}

// `call(entry, buffer, size, errnop)` asked once with a large buffer.
template <class Entry, class Call>
std::string ask(Call call) {
  static thread_local char buffer[1 << 20];
  Entry entry{};
  int error = 0;
  const nss_status status = call(&entry, buffer, sizeof buffer, &error);
  return status == NSS_STATUS_SUCCESS ? line_of(entry) : told(status, error);
}

inline std::string user_line(const std::string& name) {
  return ask<struct passwd>([&](auto... rest) { return _nss_ad_getpwnam_r(name.c_str(), rest...); });
}
inline std::string uid_line(uid_t uid) {
  return ask<struct passwd>([&](auto... rest) { return _nss_ad_getpwuid_r(uid, rest...); });
}
inline std::string group_line(const std::string& name) {
  return ask<struct group>([&](auto... rest) { return _nss_ad_getgrnam_r(name.c_str(), rest...); });
}
inline std::string gid_line(gid_t gid) {
  return ask<struct group>([&](auto... rest) { return _nss_ad_getgrgid_r(gid, rest...); });
}
inline std::string shadow_line(const std::string& name) {
  return ask<struct spwd>([&](auto... rest) { return _nss_ad_getspnam_r(name.c_str(), rest...); });
}
inline std::string next_user() {
  return ask<struct passwd>([](auto... rest) { return _nss_ad_getpwent_r(rest...); });
}
inline std::string next_group() {
  return ask<struct group>([](auto... rest) { return _nss_ad_getgrent_r(rest...); });
}
inline std::string next_shadow() {
  return ask<struct spwd>([](auto... rest) { return _nss_ad_getspent_r(rest...); });
}

// The gids of initgroups, behind `before` entries that are already in the list.
inline std::string groups_line(const std::string& name, gid_t primary, long capacity = 1, long before = 0,
                               long limit = 0) {
  auto* gids = static_cast<gid_t*>(std::calloc(static_cast<std::size_t>(capacity), sizeof(gid_t)));
  long start = before;
  int error = 0;
  const nss_status status =
      _nss_ad_initgroups_dyn(name.c_str(), primary, &start, &capacity, &gids, limit, &error);
  std::string text = status == NSS_STATUS_SUCCESS ? "" : told(status, error);
  for (long i = before; i < start; ++i) text += std::to_string(gids[i]) + " ";
  std::free(gids);
  return text;
}

}  // namespace jpki::ad::snapshot::test
