// SPDX-License-Identifier: LGPL-2.1-or-later
#include "nss_ad/ldap/merge.h"

#include <algorithm>
#include <unordered_map>

namespace jpki::ad::ldap {
namespace {

using Names = std::unordered_map<std::string, std::string>;  // old distinguishedName -> new one

template <class Object>
void note_dns(std::vector<Object>& objects, const std::set<Guid>& touched, std::map<Guid, std::string>& dns) {
  for (const Object& object : objects)
    if (touched.contains(object.guid)) dns[object.guid] = object.dn;
}

template <class Object>
void note_renames(const std::vector<Object>& objects, const std::map<Guid, std::string>& old_dns,
                  Names& renamed) {
  for (const Object& object : objects) {
    const auto old = old_dns.find(object.guid);
    if (old != old_dns.end() && old->second != object.dn) renamed[old->second] = object.dn;
  }
}

template <class Object>
void replace(std::vector<Object>& known, const std::set<Guid>& touched, std::vector<Object>&& now) {
  std::erase_if(known, [&](const Object& object) { return touched.contains(object.guid); });
  std::ranges::move(now, std::back_inserter(known));
}

}  // namespace

void Found::add(const Entry& entry) {
  const auto note = [&](const std::string& why) {
    const auto guid = guid_of(entry);
    malformed[guid ? *guid : Guid{}] = why;
  };
  switch (kind_of(entry)) {
    case EntryKind::kUser:
      if (auto user = user_of(entry)) {
        users.push_back(std::move(*user));
      } else {
        note(user.error());
      }
      break;
    case EntryKind::kGroup:
      if (auto group = group_of(entry)) {
        groups.push_back(std::move(*group));
      } else {
        note(group.error());
      }
      break;
    case EntryKind::kOther:
      break;
  }
}

void merge(Directory& directory, std::map<Guid, std::string>& malformed, const std::set<Guid>& touched,
           Found found) {
  std::map<Guid, std::string> old_dns;
  note_dns(directory.users, touched, old_dns);
  note_dns(directory.groups, touched, old_dns);
  Names renamed;
  note_renames(found.users, old_dns, renamed);
  note_renames(found.groups, old_dns, renamed);
  // What was read just now has the new names already, and a new object may have got an old name.
  if (!renamed.empty()) {
    for (Group& group : directory.groups) {
      for (std::string& member : group.members)
        if (const auto now = renamed.find(member); now != renamed.end()) member = now->second;
    }
  }
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
