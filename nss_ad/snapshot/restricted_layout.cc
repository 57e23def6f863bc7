// SPDX-License-Identifier: LGPL-2.1-or-later
#include "nss_ad/snapshot/file_frame.h"
#include "nss_ad/snapshot/writer.h"

#include <algorithm>
#include <map>
#include <set>

namespace jpki::ad::snapshot {
namespace {

namespace account = format::account;
using format::Section;

constexpr std::size_t kMaxMapping = 0xFFFF;

struct Plan {
  std::vector<const UserEntry*> users;  // by uid
  std::vector<std::uint32_t> uids;
  std::vector<std::string> keys;
  std::vector<std::uint32_t> rank;                          // contents.users' index → place in `users`
  std::vector<std::string> workstations;                    // for each of `users`: names, each with its NUL
  std::map<std::string, std::set<std::uint32_t>> bindings;  // mapping → places in `users`
};

std::string sort_accounts(const Contents& contents, Plan& plan) {
  std::vector<NamedId> named;
  plan.rank.resize(contents.users.size());
  for (const std::uint32_t i : order_by(contents.users, [](const UserEntry& entry) { return entry.uid; })) {
    const UserEntry& entry = contents.users[i];
    plan.rank[i] = static_cast<std::uint32_t>(plan.users.size());
    plan.users.push_back(&entry);
    plan.uids.push_back(entry.uid);
    named.push_back({&entry.name, entry.uid});
    std::string joined;
    for (const std::string& workstation : entry.state.workstations) {
      if (workstation.find('\0') != std::string::npos || workstation.empty())
        return "user '" + entry.name + "': a workstation has no name";
      joined.append(workstation).push_back('\0');
    }
    if (joined.size() > 0xFFFF) return "user '" + entry.name + "': too many workstations";
    plan.workstations.push_back(std::move(joined));
  }
  auto keys = check_entries(named, "user");
  if (!keys) return keys.error();
  plan.keys = std::move(*keys);
  return {};
}

std::string sort_bindings(const Contents& contents, Plan& plan) {
  for (const CertificateBinding& binding : contents.bindings) {
    if (binding.user >= contents.users.size()) return "a certificate binding names no user in the snapshot";
    if (binding.mapping.empty() || binding.mapping.size() > kMaxMapping)
      return "a certificate binding of user '" + contents.users[binding.user].name +
             "' is empty or too long; correct altSecurityIdentities";
    plan.bindings[binding.mapping].insert(plan.rank[binding.user]);
  }
  return {};
}

std::uint64_t append_account(Image& image, const Plan& plan, std::uint32_t index) {
  const UserEntry& entry = *plan.users[index];
  const AccountState& state = entry.state;
  const std::string& key = plan.keys[index];
  const Blob sid = entry.sid.encode();
  image.pad_to(8);
  const std::uint64_t at = image.reserve(account::kKey);
  image.put(at + account::kIndex, index);
  image.put(at + account::kUid, entry.uid);
  image.put(at + account::kControl, state.user_account_control);
  image.put(at + account::kFlags, state.logon_hours ? account::kHoursAreLimited : 0);
  image.put(at + account::kExpires, static_cast<std::uint64_t>(state.account_expires));
  image.put(at + account::kLockout, static_cast<std::uint64_t>(state.lockout_time));
  image.put(at + account::kPasswordSet, static_cast<std::uint64_t>(state.pwd_last_set));
  image.put(at + account::kKeyLength, static_cast<std::uint16_t>(key.size()));
  image.put(at + account::kNameLength, static_cast<std::uint16_t>(entry.name.size()));
  image.put(at + account::kSidLength, static_cast<std::uint16_t>(sid.size()));
  image.put(at + account::kWorkstationBytes, static_cast<std::uint16_t>(plan.workstations[index].size()));
  if (state.logon_hours) {
    for (std::size_t i = 0; i < state.logon_hours->size(); ++i)
      image.put(at + account::kLogonHours + i, (*state.logon_hours)[i]);
  }
  image.append(key, false);
  image.pad_to(8);
  image.append(entry.name, true);
  image.append(plan.workstations[index], false);
  image.append(sid);
  image.pad_to(8);
  image.put(at + account::kSize, static_cast<std::uint32_t>(image.size() - at));
  image.seal(at);
  return at;
}

std::uint64_t append_binding(Image& image, const std::string& mapping,
                             const std::set<std::uint32_t>& accounts,
                             const std::vector<std::uint64_t>& records) {
  image.pad_to(8);
  const std::uint64_t at = image.reserve(format::binding::kAccounts);
  image.put(at + format::binding::kAccountCount, static_cast<std::uint32_t>(accounts.size()));
  image.put(at + format::binding::kLength, static_cast<std::uint32_t>(mapping.size()));
  for (const std::uint32_t place : accounts) image.append_number(static_cast<std::uint32_t>(records[place]));
  image.append(mapping, false);
  image.pad_to(8);
  image.put(at + format::binding::kSize, static_cast<std::uint32_t>(image.size() - at));
  image.seal(at);
  return at;
}

}  // namespace

Expected<Blob, std::string> lay_out_restricted(const Contents& contents) {
  Plan plan;
  if (std::string why = sort_accounts(contents, plan); !why.empty()) return Unexpected{std::move(why)};
  if (std::string why = sort_bindings(contents, plan); !why.empty()) return Unexpected{std::move(why)};
  std::vector<std::string> mappings;
  for (const auto& [mapping, accounts] : plan.bindings) mappings.push_back(mapping);
  const auto tables = fill_tables([&](std::uint64_t seed) {
    return std::vector<Hashes>{hash_names(plan.keys, seed), hash_ids(plan.uids, seed),
                               hash_names(mappings, seed)};
  });
  if (!tables) return Unexpected{std::string("names or ids of the directory fill no hash table evenly")};

  Image image = begin_file(contents, format::kRestrictedMagic, tables->seed, mappings.size(), plan.keys);
  const std::uint64_t account_index = reserve_index(image, Section::kUsersById, plan.users.size());
  const std::uint64_t binding_index = reserve_index(image, Section::kSecondIndex, mappings.size());
  const std::uint64_t names = tables->tables[0].reserve(image, Section::kUserNames);
  const std::uint64_t uids = tables->tables[1].reserve(image, Section::kUids);
  const std::uint64_t strings = tables->tables[2].reserve(image, Section::kSecondNames);
  std::vector<std::uint64_t> accounts;
  for (std::uint32_t i = 0; i < plan.users.size(); ++i) accounts.push_back(append_account(image, plan, i));
  std::vector<std::uint64_t> bindings;
  for (const auto& [mapping, places] : plan.bindings)
    bindings.push_back(append_binding(image, mapping, places, accounts));
  write_index(image, account_index, plan.uids, accounts);
  write_index(image, binding_index, {}, bindings);
  tables->tables[0].write(image, names, accounts);
  tables->tables[1].write(image, uids, accounts);
  tables->tables[2].write(image, strings, bindings);
  return finish_file(std::move(image));
}

}  // namespace jpki::ad::snapshot
