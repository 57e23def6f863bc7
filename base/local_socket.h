// SPDX-License-Identifier: LGPL-2.1-or-later
//
// A connection to a service of this machine.
#pragma once

#include "base/expected.h"
#include "base/unique_fd.h"

#include <chrono>

#include <sys/types.h>

namespace jpki {

// A socket of `type` (SOCK_STREAM, SOCK_SEQPACKET), at a descriptor above 2, to the one that has the name
// `path`. A service that takes no more connections is waited for no longer than `patience`. The error is
// errno; EPERM when it is not `owner` who listens there.
Expected<UniqueFd, int> connect_to_service(const char* path, int type, uid_t owner,
                                           std::chrono::milliseconds patience);

// The same open file at a descriptor that is no standard stream: the host may have closed those, and its
// conversation function may write to 1 and 2 all the same. An invalid one stays invalid, and so does errno.
UniqueFd above_standard_streams(UniqueFd fd);

}  // namespace jpki
