// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Whose cards are registered without an administrator: by a succession source, or by their holders.
#pragma once

#include <span>
#include <string>

namespace jpki {

// The account exists here by this spelling of its name, is no system account (its uid is 1000 or more, as
// min_uid of pam_jpki.so), and is in no group that is as good as root (base/privileged_groups.h), nor in one
// of `others`. Asks NSS; what NSS cannot tell is no membership. Not thread-safe.
bool is_ordinary_account(const std::string& account, std::span<const std::string> others = {});

}  // namespace jpki
