// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Helper programs that the service manager starts, for hosts that may not start them as another user: screen
// lockers run as the person whose screen it is.
#pragma once

#include "base/unique_fd.h"
#include "pam_jpki/log.h"

#include <optional>

namespace jpki::pam {

// Whether a helper that is started from here would become its own user. Otherwise it would stay this one, who
// may read neither which card belongs to whom nor the state of accounts.
bool host_has_root() noexcept;

// A connection to the helper behind the socket `path` of root's; `type`: SOCK_STREAM or SOCK_SEQPACKET.
// Nothing when there is none to be had; then the log names `unit` and the remedy.
std::optional<UniqueFd> connect_to_helper(const char* path, int type, const char* unit, const Log& log);

}  // namespace jpki::pam
