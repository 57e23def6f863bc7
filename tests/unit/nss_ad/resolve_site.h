// SPDX-License-Identifier: LGPL-2.1-or-later
//
// A small domain, and what became of it, for the suites of nss_ad/resolve.
#pragma once

#include "nss_ad/resolve/resolve.h"
#include "tests/unit/nss_ad/entries.h"

#include <algorithm>
#include <set>

namespace jpki::test {

using namespace jpki::ad;
using config::AdConfig;

inline constexpr Time kThen{std::chrono::seconds(1700000000)};

// A domain with Domain Users and whom the test adds.
struct Site {
  Directory directory{"AD.TEST", "ADT", sid(kDomainSid), {}, {group("Domain Users", 513)}};
  AdConfig config;
  LocalAccounts local;
  idmap::IdMemory known;

  Site() {
    directory.users = {user("taro", 1107), user("hanako", 1108)};
    config.directory.realm = "AD.TEST";
  }
  Resolved resolved() const {
    auto out = resolve(directory, config, local, known, kThen);
    if (!out) ck_abort_msg("%s", out.error().c_str());
    return std::move(*out);
  }
};

inline bool has_user(const Resolved& resolved, std::string_view name) {
  return std::ranges::find(resolved.contents.users, name, &snapshot::UserEntry::name) !=
         resolved.contents.users.end();
}

inline const snapshot::UserEntry& user_in(const Resolved& resolved, std::string_view name) {
  const auto found = std::ranges::find(resolved.contents.users, name, &snapshot::UserEntry::name);
  if (found == resolved.contents.users.end()) ck_abort_msg("no user %s", std::string(name).c_str());
  return *found;
}

// Names of a group's members, sorted.
inline std::vector<std::string> members(const Resolved& resolved, std::string_view name) {
  const auto found = std::ranges::find(resolved.contents.groups, name, &snapshot::GroupEntry::name);
  if (found == resolved.contents.groups.end()) ck_abort_msg("no group %s", std::string(name).c_str());
  std::vector<std::string> names;
  for (const std::uint32_t i : found->members) names.push_back(resolved.contents.users.at(i).name);
  std::ranges::sort(names);
  return names;
}

inline bool has_group(const Resolved& resolved, std::string_view name) {
  return std::ranges::find(resolved.contents.groups, name, &snapshot::GroupEntry::name) !=
         resolved.contents.groups.end();
}

// Exactly these problems, in any order; `hint` is in one of the texts.
inline void expect_problems(const Resolved& resolved, std::multiset<ObjectProblem> expected,
                            const char* hint = "") {
  std::multiset<ObjectProblem> actual;
  std::string all;
  for (const auto& line : resolved.report.lines) {
    actual.insert(line.problem);
    all += to_line(line) + "\n";
  }
  ck_assert_msg(actual == expected, "%s", all.c_str());
  expect_contains(all, hint);
}

// The ids are numbers of the directory.
inline Site rfc2307_site() {
  Site site;
  site.config.ids.scheme = idmap::Scheme::kRfc2307;
  site.directory.groups[0].gid_number = 5000;
  site.directory.users[0].uid_number = 6001;
  site.directory.users[1].uid_number = 6002;
  return site;
}

}  // namespace jpki::test
