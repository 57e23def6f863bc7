// SPDX-License-Identifier: LGPL-2.1-or-later
#include "base/program/membership.h"

#include <algorithm>

#include <grp.h>
#include <pwd.h>

namespace jpki {
namespace {

constexpr int kMostGroups = 4096;

}  // namespace

std::optional<std::vector<gid_t>> groups_of(const std::string& account) {
  const passwd* const entry = ::getpwnam(account.c_str());
  if (entry == nullptr || account != entry->pw_name) return std::nullopt;
  std::vector<gid_t> groups(kMostGroups);
  int count = kMostGroups;
  if (::getgrouplist(account.c_str(), entry->pw_gid, groups.data(), &count) < 0) return std::nullopt;
  groups.resize(static_cast<std::size_t>(count));
  return groups;
}

bool has_number(std::string_view name, gid_t gid) {
  const group* const found = ::getgrnam(std::string(name).c_str());
  return found != nullptr && found->gr_gid == gid;
}

bool is_member(const std::string& account, std::span<const std::string> groups) {
  const auto numbers = groups_of(account);
  return numbers && std::ranges::any_of(groups, [&](const std::string& name) {
           return std::ranges::any_of(*numbers, [&](gid_t gid) { return has_number(name, gid); });
         });
}

}  // namespace jpki
