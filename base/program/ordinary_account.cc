// SPDX-License-Identifier: LGPL-2.1-or-later
#include "base/program/ordinary_account.h"

#include "base/privileged_groups.h"

#include <algorithm>
#include <vector>

#include <grp.h>
#include <pwd.h>

namespace jpki {
namespace {

constexpr uid_t kFirstPerson = 1000;
constexpr int kMostGroups = 4096;

bool has_number(std::string_view name, gid_t gid) {
  const group* const found = ::getgrnam(std::string(name).c_str());
  return found != nullptr && found->gr_gid == gid;
}

// By number and by name: several names may have one number, and NSS gives back only the first of them.
bool is_privileged(gid_t gid) {
  if (gid == 0) return true;
  if (const group* const found = ::getgrgid(gid); found != nullptr && is_privileged_group(found->gr_name))
    return true;
  return std::ranges::any_of(privileged_groups(),
                             [gid](std::string_view name) { return has_number(name, gid); });
}

}  // namespace

bool is_ordinary_account(const std::string& account, std::span<const std::string> others) {
  const passwd* const entry = ::getpwnam(account.c_str());
  if (entry == nullptr || entry->pw_uid < kFirstPerson || account != entry->pw_name) return false;
  std::vector<gid_t> groups(kMostGroups);
  int count = kMostGroups;
  if (::getgrouplist(account.c_str(), entry->pw_gid, groups.data(), &count) < 0) return false;
  groups.resize(static_cast<std::size_t>(count));
  return std::ranges::none_of(groups, [&](gid_t gid) {
    return is_privileged(gid) ||
           std::ranges::any_of(others, [gid](const std::string& name) { return has_number(name, gid); });
  });
}

}  // namespace jpki
