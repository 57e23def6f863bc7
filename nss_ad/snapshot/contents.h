// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Contents: all that the two snapshot files hold, resolved: ids given, groups flattened, templates applied,
// names checked. The writer lays it out (nss_ad/snapshot_format.md); the programs read it back through the
// same view as libnss_ad.
#pragma once

#include "base/time.h"
#include "nss_ad/directory/account_state.h"
#include "nss_ad/directory/sid.h"

#include <cstdint>
#include <string>
#include <vector>

namespace jpki::ad::snapshot {

struct UserEntry {
  std::string name;  // canonical spelling, as AD has it
  std::uint32_t uid = 0;
  std::uint32_t gid = 0;  // of the primary group
  std::string gecos;
  std::string home;
  std::string shell;
  Sid sid;
  AccountState state;  // goes into the restricted file only
};

struct GroupEntry {
  std::string name;
  std::uint32_t gid = 0;
  Sid sid;
  std::vector<std::uint32_t> members;  // indexes of users, through all nested groups, ascending, each once
};

// A canonical mapping string (base/mapping/mapping_text.h) and the user that it names. One string under
// several users stays in the table with each of them: it refuses that certificate, not everybody.
struct CertificateBinding {
  std::string mapping;
  std::uint32_t user = 0;  // index of users
};

// Which spellings of a name a look-up takes besides `user`; what is returned is always as in `name`.
struct NameForms {
  bool domain_backslash = false;  // DOMAIN\user
  bool at_realm = false;          // user@realm
};

struct Contents {
  std::string realm;
  std::string netbios;
  NameForms name_forms;
  bool enumerate = false;  // whether getpwent and getgrent list anything
  Time synchronized{};     // when the source last said all this
  std::vector<UserEntry> users;
  std::vector<GroupEntry> groups;
  std::vector<CertificateBinding> bindings;
};

}  // namespace jpki::ad::snapshot
