// SPDX-License-Identifier: LGPL-2.1-or-later
#include "validator/succession/ordinary_account.h"

#include <algorithm>
#include <string_view>
#include <vector>

#include <grp.h>
#include <pwd.h>

namespace jpki::succession {
namespace {

constexpr uid_t kFirstPerson = 1000;
constexpr std::string_view kAdministrators[] = {"root", "wheel", "sudo", "admin", "adm", "docker", "lxd"};
constexpr int kMostGroups = 4096;

}  // namespace

bool is_ordinary(const std::string& account, std::span<const std::string> others) {
  const passwd* const entry = ::getpwnam(account.c_str());
  if (entry == nullptr || entry->pw_uid < kFirstPerson || account != entry->pw_name) return false;
  std::vector<gid_t> groups(kMostGroups);
  int count = kMostGroups;
  if (::getgrouplist(account.c_str(), entry->pw_gid, groups.data(), &count) < 0) return false;
  groups.resize(static_cast<std::size_t>(count));
  const auto is_member = [&](std::string_view name) {
    const group* const found = ::getgrnam(std::string(name).c_str());
    return found != nullptr && std::ranges::find(groups, found->gr_gid) != groups.end();
  };
  return std::ranges::none_of(kAdministrators, is_member) && std::ranges::none_of(others, is_member);
}

}  // namespace jpki::succession
