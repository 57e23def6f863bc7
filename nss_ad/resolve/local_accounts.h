// SPDX-License-Identifier: LGPL-2.1-or-later
//
// LocalAccounts: what /etc/passwd and /etc/group give away already. They are read as files: asking the name
// service would ask libnss_ad as well.
#pragma once

#include "base/expected.h"

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

namespace jpki::ad {

struct LocalAccounts {
  std::map<std::string, std::uint32_t, std::less<>> users;  // name → uid
  std::map<std::string, std::uint32_t, std::less<>> groups;
  std::map<std::uint32_t, std::string> uids;  // the first name of each
  std::map<std::uint32_t, std::string> gids;
};

// Lines that are no entries (comments, NIS) are passed over.
LocalAccounts parse_local_accounts(std::string_view passwd, std::string_view group);

// The error names the file that cannot be read.
Expected<LocalAccounts, std::string> read_local_accounts(const std::string& passwd = "/etc/passwd",
                                                         const std::string& group = "/etc/group");

}  // namespace jpki::ad
