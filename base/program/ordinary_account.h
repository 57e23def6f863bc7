// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Who may be registered without an administrator at his side: by a succession source, or by himself.
#pragma once

#include <string>

namespace jpki {

// The account exists here, is no system account (its uid is 1000 or more, as min_uid of pam_jpki.so), and is
// in no group that is as good as root (base/privileged_groups.h). Asks NSS; what NSS cannot tell is no
// membership. Not thread-safe.
bool is_ordinary_account(const std::string& account);

}  // namespace jpki
