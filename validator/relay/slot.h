// SPDX-License-Identifier: LGPL-2.1-or-later
//
// How many logins one user may have under way at once.
#pragma once

#include "base/expected.h"
#include "base/unique_fd.h"

#include <string>

#include <sys/types.h>

namespace jpki::relay {

// A lock (flock) on DIRECTORY/UID.N with N below `count`, for as long as the descriptor lives; the kernel
// gives it back whenever its process ends. The files stay, empty. The error is errno: EWOULDBLOCK when all
// are taken.
Expected<UniqueFd, int> take_slot(const std::string& directory, uid_t uid, int count);

}  // namespace jpki::relay
