// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Directory: users and groups as Active Directory (or an LDIF file) says them, before ids are mapped and
// templates applied. Sources fill it (nss_ad/ldap, nss_ad/ldif), resolve() turns it into snapshot::Contents.
#pragma once

#include "nss_ad/directory/account_state.h"
#include "nss_ad/directory/sid.h"

#include <optional>
#include <string>
#include <vector>

namespace jpki::ad {

struct User {
  Guid guid{};
  Sid sid;
  std::string dn;                   // distinguishedName; the key that member values name
  std::string name;                 // sAMAccountName
  std::string principal_name;       // userPrincipalName; may be empty
  std::string display_name;         // displayName; may be empty
  std::uint32_t primary_group = 0;  // primaryGroupID, a RID of the same domain
  std::optional<std::uint32_t> uid_number;
  std::optional<std::uint32_t> gid_number;
  std::string unix_home;    // unixHomeDirectory; may be empty
  std::string login_shell;  // loginShell; may be empty
  AccountState state;
  std::vector<std::string> alt_security_identities;  // as written

  bool operator==(const User&) const = default;
};

struct Group {
  Guid guid{};
  Sid sid;
  std::string dn;
  std::string name;  // sAMAccountName
  std::optional<std::uint32_t> gid_number;
  std::vector<std::string> members;  // distinguishedNames of users and groups, direct members only

  bool operator==(const Group&) const = default;
};

struct Directory {
  std::string realm;    // DNS domain, upper case: "AD.TEST"
  std::string netbios;  // "ADT"
  Sid domain_sid;
  std::vector<User> users;
  std::vector<Group> groups;
};

}  // namespace jpki::ad
