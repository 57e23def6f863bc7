// SPDX-License-Identifier: LGPL-2.1-or-later
#include "base/program/ordinary_account.h"

#include "base/privileged_groups.h"
#include "base/program/membership.h"

#include <algorithm>

#include <grp.h>
#include <pwd.h>

namespace jpki {
namespace {

constexpr uid_t kFirstPerson = 1000;

// By number and by name.
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
  const auto groups = groups_of(account);
  return groups && std::ranges::none_of(*groups, [&](gid_t gid) {
           return is_privileged(gid) || std::ranges::any_of(others, [gid](const std::string& name) {
                    return has_number(name, gid);
                  });
         });
}

}  // namespace jpki
