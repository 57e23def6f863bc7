// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Merging what changed into what was known, object by object; the identity of an object is its objectGUID.
#pragma once

#include "nss_ad/directory/entry.h"

#include <map>
#include <set>

namespace jpki::ad::ldap {

// As memberOf of the member says it: two DNs.
struct Membership {
  std::string member;
  std::string group;
};

// Objects as they were decoded.
struct Found {
  std::vector<User> users;
  std::vector<Group> groups;
  // Of these users and groups, where the attributes came with the entry:
  std::map<Guid, std::uint64_t> created;  // uSNCreated
  std::vector<Membership> memberships;    // memberOf
  std::map<Guid, std::string> malformed;  // why there is no account or group of this object

  // Decodes `entry` into one of these. An object that is neither account nor group is nothing; one without a
  // readable objectGUID is told under a GUID of zeros.
  void add(const Entry& entry);
  void add(Found other);
};

// Each of `touched` is what `found` says of it now, or gone. Where an object has another distinguishedName
// now, groups that were not touched name it by that. They do not have as a member what is gone, nor what was
// not known: whoever adds a new object to a group touches the group.
void merge(Directory& directory, std::map<Guid, std::string>& malformed, const std::set<Guid>& touched,
           Found found);

// By objectGUID, so that the same directory is the same sequence however it was read.
void sort(Directory& directory);

}  // namespace jpki::ad::ldap
