// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Entry: one object as LDAP or an LDIF file carries it, and what User and Group take from it. The one place
// that knows attribute names' meaning and syntaxes ([MS-ADA1..3]), whatever the source is.
#pragma once

#include "base/expected.h"
#include "nss_ad/directory/directory.h"

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace jpki::ad {

struct Entry {
  std::string dn;
  // Attribute description in lower case, without options -> values, octets as the directory sends them.
  std::map<std::string, std::vector<std::string>, std::less<>> attributes;

  // The first value, nothing when the attribute is not there.
  const std::string* first(std::string_view attribute) const {
    const auto found = attributes.find(attribute);
    return found == attributes.end() || found->second.empty() ? nullptr : &found->second.front();
  }
};

// What an object is for us, by objectClass: a computer is a user in AD, and never an account here.
enum class EntryKind { kUser, kGroup, kOther };
EntryKind kind_of(const Entry& entry);

// The attributes that user_of() and group_of() read, to ask a server for no more.
const std::vector<std::string>& wanted_attributes();

// The error says which attribute is missing or malformed and names the object ("CN=…": ...), for an
// administrator's log. An object without objectSid, objectGUID or sAMAccountName is an error.
Expected<User, std::string> user_of(const Entry& entry);
Expected<Group, std::string> group_of(const Entry& entry);

}  // namespace jpki::ad
