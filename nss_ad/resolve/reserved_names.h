// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Names that mean something to Debian's packages: a package that is installed later would adopt an account or
// group of the directory in the place of its own.
#pragma once

#include <string_view>

namespace jpki::ad {

// `key` is the name's folded_key(). Accounts of services are reserved for users and groups alike; groups that
// give rights (those of base/privileged_groups.h and video, lpadmin, …), for groups alone.
bool is_reserved_name(std::string_view key, bool group);

}  // namespace jpki::ad
