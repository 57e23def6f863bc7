// SPDX-License-Identifier: LGPL-2.1-or-later
#include "jpkictl/doctor/access_list.h"

#include <linux/posix_acl.h>
#include <linux/posix_acl_xattr.h>
#include <linux/xattr.h>
#include <sys/xattr.h>

namespace jpki::ctl::doctor {
namespace {

constexpr std::size_t kHeader = sizeof(posix_acl_xattr_header);
constexpr std::size_t kEntry = sizeof(posix_acl_xattr_entry);
constexpr std::size_t kLongestList = 64UL * 1024;  // XATTR_SIZE_MAX of the kernel

// As all numbers of the attribute, the lowest octet first.
std::uint32_t number_in(Bytes octets) {
  std::uint32_t number = 0;
  for (std::size_t i = 0; i < octets.size(); ++i) number |= std::uint32_t{octets[i]} << (8 * i);
  return number;
}

AccessList read(const std::string& path, const char* attribute) {
  Blob value(kLongestList);
  const ssize_t size = ::lgetxattr(path.c_str(), attribute, value.data(), value.size());
  if (size < 0) return {};
  return parse_access_list(Bytes(value).first(static_cast<std::size_t>(size))).value_or(AccessList{});
}

}  // namespace

std::optional<AccessList> parse_access_list(Bytes value) {
  if (value.size() < kHeader || (value.size() - kHeader) % kEntry != 0) return std::nullopt;
  if (number_in(value.first(kHeader)) != POSIX_ACL_XATTR_VERSION) return std::nullopt;
  AccessList list;
  mode_t mask = 07;
  for (Bytes rest = value.subspan(kHeader); !rest.empty(); rest = rest.subspan(kEntry)) {
    const auto tag = number_in(rest.first(2));
    const mode_t rights = number_in(rest.subspan(2, 2)) & 07;
    const auto id = number_in(rest.subspan(4, 4));
    if (tag == ACL_USER) list.users[id] = rights;
    if (tag == ACL_GROUP) list.groups[id] = rights;
    if (tag == ACL_MASK) mask = rights;
  }
  for (auto* const named : {&list.users, &list.groups})
    for (auto& [id, rights] : *named) rights &= mask;
  return list;
}

AccessList access_list_of(const std::string& path) {
  return read(path, XATTR_NAME_POSIX_ACL_ACCESS);
}

AccessList inherited_access_list_of(const std::string& path) {
  return read(path, XATTR_NAME_POSIX_ACL_DEFAULT);
}

}  // namespace jpki::ctl::doctor
