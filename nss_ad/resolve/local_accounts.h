// SPDX-License-Identifier: LGPL-2.1-or-later
//
// LocalAccounts: the names and ids that this machine has given away already: to accounts and groups, and to
// what they may be in containers. They are read as files: asking the name service would ask libnss_ad as
// well.
#pragma once

#include "base/expected.h"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace jpki::ad {

// A line of subuid(5) or subgid(5).
struct SubordinateIds {
  std::string owner;  // a name, or a uid in digits
  std::uint32_t first = 0;
  std::uint32_t count = 0;
};

struct LocalAccounts {
  std::map<std::string, std::uint32_t, std::less<>> users;  // name → uid
  std::map<std::string, std::uint32_t, std::less<>> groups;
  std::map<std::uint32_t, std::string> uids;  // the first name of each
  std::map<std::uint32_t, std::string> gids;
  std::vector<SubordinateIds> subordinate;  // of both files
};

struct LocalFiles {
  std::string_view passwd, group, subuid, subgid;
};

// Lines that are no entries (comments, NIS) are passed over.
LocalAccounts parse_local_accounts(const LocalFiles& contents);

// From `directory`. The error names the file that cannot be read; subuid and subgid may be missing.
Expected<LocalAccounts, std::string> read_local_accounts(const std::string& directory = "/etc");

// Who has the id, as user or group, or may use it in containers: "the user backup". Nothing: nobody.
std::optional<std::string> holder_of_id(const LocalAccounts& local, std::uint32_t id);

// What the system itself gives an id to, without an entry in a file; nothing: it does not. (systemd,
// UIDS-GIDS.md: DynamicUser, systemd-homed, and the ids that mean "nobody".)
std::optional<std::string_view> system_use_of_id(std::uint32_t id);

// systemd-nspawn may give it to a container. SSSD's algorithm gives ids of this range to everybody.
bool is_container_id(std::uint32_t id);

}  // namespace jpki::ad
