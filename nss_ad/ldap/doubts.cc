// SPDX-License-Identifier: LGPL-2.1-or-later
#include "nss_ad/ldap/doubts.h"

#include "base/ascii_case.h"
#include "base/mapping/mapping_text.h"
#include "nss_ad/snapshot/writer.h"

#include <algorithm>
#include <unordered_map>
#include <unordered_set>

namespace jpki::ad::ldap {
namespace {

using Keys = std::vector<std::string>;

std::string name_key(const std::string& name) {
  const auto key = snapshot::folded_key(name);
  return key ? *key : name;
}

// What one object alone may have, as one text each.
Keys keys_of(const User& user) {
  Keys keys{"dn " + to_lower(user.dn), "user " + name_key(user.name)};
  if (user.uid_number) keys.push_back("uid " + std::to_string(*user.uid_number));
  for (const std::string& value : user.alt_security_identities)
    if (const auto mapping = mapping::canonical_mapping(value, mapping::kAllWeakForms))
      keys.push_back("mapping " + *mapping);
  return keys;
}

Keys keys_of(const Group& group) {
  Keys keys{"dn " + to_lower(group.dn), "group " + name_key(group.name)};
  if (group.gid_number) keys.push_back("gid " + std::to_string(*group.gid_number));
  return keys;
}

// Calls `visit` with all users, then with all groups.
template <class Objects, class Visit>
void each(const Objects& objects, Visit visit) {
  std::ranges::for_each(objects.users, visit);
  std::ranges::for_each(objects.groups, visit);
}

}  // namespace

std::set<Guid> rivals_of(const Directory& known, const std::set<Guid>& touched, const Found& found) {
  std::unordered_set<std::string> taken;
  each(found, [&](const auto& object) {
    for (std::string& key : keys_of(object)) taken.insert(std::move(key));
  });
  std::set<Guid> rivals;
  if (taken.empty()) return rivals;
  each(known, [&](const auto& object) {
    const auto is_taken = [&](const std::string& key) { return taken.contains(key); };
    if (!touched.contains(object.guid) && std::ranges::any_of(keys_of(object), is_taken))
      rivals.insert(object.guid);
  });
  return rivals;
}

bool came_in(const Directory& known, const Found& found, std::uint64_t usn) {
  std::set<Guid> strangers;
  each(found, [&](const auto& object) { strangers.insert(object.guid); });
  each(known, [&](const auto& object) { strangers.erase(object.guid); });
  return std::ranges::any_of(strangers, [&](const Guid& guid) {
    const auto created = found.created.find(guid);
    return created == found.created.end() || created->second <= usn;
  });
}

bool agree(const Directory& directory, const std::vector<Membership>& memberships) {
  std::unordered_map<std::string, std::unordered_set<std::string>> wanted;  // members by group
  for (const Membership& membership : memberships)
    wanted[to_lower(membership.group)].insert(to_lower(membership.member));
  return std::ranges::all_of(directory.groups, [&](const Group& group) {
    const auto missing = wanted.find(to_lower(group.dn));
    if (missing == wanted.end() || group.members.empty()) return true;
    for (const std::string& member : group.members) missing->second.erase(to_lower(member));
    return missing->second.empty();
  });
}

bool has_namesakes(const Directory& directory) {
  std::unordered_set<std::string> dns;
  bool twice = false;
  each(directory, [&](const auto& object) { twice |= !dns.insert(to_lower(object.dn)).second; });
  return twice;
}

}  // namespace jpki::ad::ldap
