// SPDX-License-Identifier: LGPL-2.1-or-later
//
// AccessList: whom a file's access list (acl(5)) names besides its owner, its group and everybody. Read from
// the extended attribute, whose form is <linux/posix_acl_xattr.h>.
#pragma once

#include "base/bytes.h"

#include <map>
#include <optional>
#include <string>

#include <sys/types.h>

namespace jpki::ctl::doctor {

struct AccessList {
  // What the list's mask leaves of their rights: 4 read, 2 write, 1 execute.
  std::map<uid_t, mode_t> users{};
  std::map<gid_t, mode_t> groups{};
  bool operator==(const AccessList&) const = default;
};

// Nothing for another version, or octets that are no whole list.
std::optional<AccessList> parse_access_list(Bytes value);

// Of `path` itself, and what a directory hands on to files that are made in it. Nobody is named where there
// is no list, and where none can be read.
AccessList access_list_of(const std::string& path);
AccessList inherited_access_list_of(const std::string& path);

}  // namespace jpki::ctl::doctor
