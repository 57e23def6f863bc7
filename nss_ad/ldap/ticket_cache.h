// SPDX-License-Identifier: LGPL-2.1-or-later
//
// The file in which kinit(1) left a person's tickets.
#pragma once

#include "base/safe_file.h"

namespace jpki::ad::ldap {

// `owner`'s or root's own, and nobody else's to read. Unlike the files that decide a login it may lie in a
// directory that everybody shares, where the sticky bit lets nobody else replace it: kinit's own place is
// /tmp.
Expected<UniqueFd, FileError> open_ticket_cache(const std::string& path, uid_t owner);

}  // namespace jpki::ad::ldap
