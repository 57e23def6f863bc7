// SPDX-License-Identifier: LGPL-2.1-or-later
#include "nss_ad/ldap/merge.h"

#include "base/ascii_case.h"
#include "base/number.h"

#include <algorithm>
#include <optional>
#include <unordered_map>

namespace jpki::ad::ldap {
namespace {

// distinguishedName in groups that were not touched, in lower case -> the object's new one; nothing: whoever
// they mean is not there
using Names = std::unordered_map<std::string, std::optional<std::string>>;

template <class Object>
void note_dns(std::vector<Object>& objects, const std::set<Guid>& touched, std::map<Guid, std::string>& dns) {
  for (const Object& object : objects)
    if (touched.contains(object.guid)) dns[object.guid] = object.dn;
}

template <class Object>
void note_new_dns(const std::vector<Object>& objects, const std::map<Guid, std::string>& old_dns,
                  Names& names) {
  for (const Object& object : objects) {
    if (const auto old = old_dns.find(object.guid); old != old_dns.end()) {
      names[to_lower(old->second)] = object.dn;
    } else {
      names.try_emplace(to_lower(object.dn));
    }
  }
}

void rename_members(Group& group, const Names& names) {
  std::vector<std::string> members;
  for (std::string& member : group.members) {
    const auto now = names.find(to_lower(member));
    if (now == names.end()) {
      members.push_back(std::move(member));
    } else if (now->second) {
      members.push_back(*now->second);
    }
  }
  group.members = std::move(members);
}

template <class Object>
void replace(std::vector<Object>& known, const std::set<Guid>& touched, std::vector<Object>&& now) {
  std::erase_if(known, [&](const Object& object) { return touched.contains(object.guid); });
  std::ranges::move(now, std::back_inserter(known));
}

}  // namespace

void Found::add(const Entry& entry) {
  const auto note_history = [&](const auto& object) {
    const auto value = single_value(entry, "usncreated");
    const auto usn = value && *value ? whole_number<std::uint64_t>(std::string_view(**value)) : std::nullopt;
    if (usn) created[object.guid] = *usn;
    const auto names = entry.attributes.find("memberof");
    if (names == entry.attributes.end()) return;
    for (const std::string& group : names->second) memberships.push_back({object.dn, group});
  };
  const auto note = [&](const std::string& why) {
    const auto guid = guid_of(entry);
    malformed[guid ? *guid : Guid{}] = why;
  };
  switch (kind_of(entry)) {
    case EntryKind::kUser:
      if (auto user = user_of(entry)) {
        note_history(*user);
        users.push_back(std::move(*user));
      } else {
        note(user.error());
      }
      break;
    case EntryKind::kGroup:
      if (auto group = group_of(entry)) {
        note_history(*group);
        groups.push_back(std::move(*group));
      } else {
        note(group.error());
      }
      break;
    case EntryKind::kOther:
      break;
  }
}

void Found::add(Found other) {
  std::ranges::move(other.users, std::back_inserter(users));
  std::ranges::move(other.groups, std::back_inserter(groups));
  std::ranges::move(other.memberships, std::back_inserter(memberships));
  created.merge(other.created);
  malformed.merge(other.malformed);
}

void merge(Directory& directory, std::map<Guid, std::string>& malformed, const std::set<Guid>& touched,
           Found found) {
  std::map<Guid, std::string> old_dns;
  note_dns(directory.users, touched, old_dns);
  note_dns(directory.groups, touched, old_dns);
  Names names;
  for (const auto& [guid, dn] : old_dns) names.try_emplace(to_lower(dn));
  note_new_dns(found.users, old_dns, names);
  note_new_dns(found.groups, old_dns, names);
  // What was read just now has the new names already, and a new object may have got an old name.
  if (!names.empty())
    for (Group& group : directory.groups) rename_members(group, names);
  replace(directory.users, touched, std::move(found.users));
  replace(directory.groups, touched, std::move(found.groups));
  std::erase_if(malformed, [&](const auto& item) { return touched.contains(item.first); });
  malformed.merge(found.malformed);
  sort(directory);
}

void sort(Directory& directory) {
  std::ranges::sort(directory.users, {}, &User::guid);
  std::ranges::sort(directory.groups, {}, &Group::guid);
}

}  // namespace jpki::ad::ldap
