// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Objects as Active Directory delivers them, for the suites of nss_ad. Everything is an Entry, so that a test
// changes the one attribute it is about.
#pragma once

#include "nss_ad/directory/entry.h"
#include "tests/unit/support/expect.h"

#include <initializer_list>

namespace jpki::test {

inline constexpr char kDomainSid[] = "S-1-5-21-2153326666-2176343378-3404031434";

inline ad::Sid sid(std::string_view text) {
  auto decoded = ad::Sid::parse(text);
  if (!decoded) ck_abort_msg("%s: %s", std::string(text).c_str(), decoded.error().c_str());
  return std::move(*decoded);
}

inline ad::Sid domain_sid(std::uint32_t rid) {
  ad::Sid out = sid(kDomainSid);
  out.sub_authorities.push_back(rid);
  return out;
}

inline void set(ad::Entry& entry, const std::string& attribute,
                std::initializer_list<std::string_view> values) {
  auto& stored = entry.attributes[attribute];
  stored.clear();
  for (const std::string_view value : values) stored.emplace_back(value);
}

inline ad::Guid guid_for(std::uint32_t rid) {
  ad::Guid guid{};
  for (std::size_t i = 0; i < 4; ++i) guid[i] = static_cast<std::uint8_t>(rid >> (8 * i));
  guid[15] = 0xad;
  return guid;
}

inline std::string dn_of(std::string_view name) {
  return "CN=" + std::string(name) + ",OU=Staff,DC=ad,DC=test";
}

inline ad::Entry object_entry(std::string_view name, std::uint32_t rid) {
  ad::Entry entry;
  entry.dn = dn_of(name);
  set(entry, "samaccountname", {name});
  const ad::Guid guid = guid_for(rid);
  entry.attributes["objectguid"] = {std::string(guid.begin(), guid.end())};
  entry.attributes["objectsid"] = {std::string(as_text(domain_sid(rid).encode()))};
  return entry;
}

inline ad::Entry user_entry(std::string_view name = "taro", std::uint32_t rid = 1107) {
  ad::Entry entry = object_entry(name, rid);
  set(entry, "objectclass", {"top", "person", "organizationalPerson", "user"});
  set(entry, "useraccountcontrol", {"512"});
  set(entry, "primarygroupid", {"513"});
  return entry;
}

inline ad::Entry group_entry(std::string_view name, std::uint32_t rid) {
  ad::Entry entry = object_entry(name, rid);
  set(entry, "objectclass", {"top", "group"});
  set(entry, "grouptype", {"-2147483646"});
  return entry;
}

inline ad::User user(std::string_view name = "taro", std::uint32_t rid = 1107) {
  auto decoded = ad::user_of(user_entry(name, rid));
  if (!decoded) ck_abort_msg("%s", decoded.error().c_str());
  return std::move(*decoded);
}

inline ad::Group group(std::string_view name, std::uint32_t rid, std::vector<std::string> members = {}) {
  auto decoded = ad::group_of(group_entry(name, rid));
  if (!decoded) ck_abort_msg("%s", decoded.error().c_str());
  decoded->members = std::move(members);
  return std::move(*decoded);
}

}  // namespace jpki::test
