// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Small made-up accounts and groups for the suites of nss_ad/ldap.
#pragma once

#include "nss_ad/directory/directory.h"
#include "tests/unit/support/check_main.h"

namespace jpki::test {

inline ad::Guid guid_number(std::uint8_t number) {
  ad::Guid guid{};
  guid.back() = number;
  return guid;
}

inline ad::Sid sid_number(std::uint32_t rid) {
  return {5, {21, 1, 2, 3, rid}};
}

inline ad::User user_number(std::uint8_t number, const std::string& dn) {
  ad::User user;
  user.guid = guid_number(number);
  user.sid = sid_number(1000u + number);
  user.dn = dn;
  user.name = "user" + std::to_string(number);
  user.primary_group = 513;
  return user;
}

inline ad::Group group_number(std::uint8_t number, const std::string& dn, std::vector<std::string> members) {
  return {guid_number(number), sid_number(1000u + number), dn, "group" + std::to_string(number), {},
          std::move(members)};
}

}  // namespace jpki::test
