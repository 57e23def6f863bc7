// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Which Unix groups an account is in, by the name service of this machine.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <sys/types.h>

namespace jpki {

// The primary one and all others; nothing: the account does not exist by this spelling of its name, or NSS
// cannot tell. Not thread-safe, as all of this.
std::optional<std::vector<gid_t>> groups_of(const std::string& account);

// Whether a group of that name has this number: several names may have one number, and NSS gives back only
// the first of them.
bool has_number(std::string_view group, gid_t gid);

// Whether the account is in one of these groups. What NSS cannot tell is no membership.
bool is_member(const std::string& account, std::span<const std::string> groups);

}  // namespace jpki
