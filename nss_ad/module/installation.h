// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Where the snapshots are. Known at compile time and from nowhere else: the module works in setuid programs.
#pragma once

#include <sys/types.h>

namespace jpki::ad::module {

struct Installation {
  const char* users;       // path of users.snap
  const char* restricted;  // path of restricted.snap
  uid_t owner;             // whose files they must be
};

const Installation& installation();

}  // namespace jpki::ad::module
