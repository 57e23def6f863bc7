// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Entry: one object as LDAP or an LDIF file carries it, and what User and Group take from it. The one place
// that knows attribute names' meaning and syntaxes ([MS-ADA1..3]), whatever the source is. Decoding is
// strict: what the schema does not allow is an error of that object, never a guess.
#pragma once

#include "base/expected.h"
#include "nss_ad/directory/directory.h"

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace jpki::ad {

struct Entry {
  std::string dn;
  // Attribute description in lower case, without options -> values, octets as the directory sends them. A
  // source puts the values of "member;range=0-1499" and of its continuations under "member".
  std::map<std::string, std::vector<std::string>, std::less<>> attributes;

  // The first value, nothing when the attribute is not there.
  const std::string* first(std::string_view attribute) const {
    const auto found = attributes.find(attribute);
    return found == attributes.end() || found->second.empty() ? nullptr : &found->second.front();
  }

  bool operator==(const Entry&) const = default;
};

// What an object is for us, by objectClass, userAccountControl and groupType. A computer and another domain's
// trust are users in AD, and never an account here; a distribution group is in nobody's token ([MS-ADTS]
// 2.2.12).
enum class EntryKind { kUser, kGroup, kOther };
EntryKind kind_of(const Entry& entry);

// The attributes that user_of() and group_of() read, to ask a server for no more.
const std::vector<std::string>& wanted_attributes();

// The error says which attribute is missing or malformed, without its value, and names the object, for an
// administrator's log. An object without objectSid, objectGUID or sAMAccountName is an error, and so is a
// user without userAccountControl or primaryGroupID: an account whose state cannot be seen is not enabled.
Expected<User, std::string> user_of(const Entry& entry);
Expected<Group, std::string> group_of(const Entry& entry);

// The value of a single-valued attribute; nothing when it is absent. Two values are an error.
Expected<std::optional<std::string>, std::string> single_value(const Entry& entry,
                                                               std::string_view attribute);

// objectGUID: 16 bytes, one value.
Expected<Guid, std::string> guid_of(const Entry& entry);

// How a message names the object: its sAMAccountName when that is plain ASCII, else its objectGUID or DN.
std::string label_of(const Entry& entry);

// "6f9619ff-8b86-d011-b42d-00c04fc964ff" ([MS-DTYP] 2.3.4.3): the first three fields are little-endian.
std::string text_of(const Guid& guid);

}  // namespace jpki::ad
