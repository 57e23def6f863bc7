// SPDX-License-Identifier: LGPL-2.1-or-later
//
// SessionSocket: the card service that an open session from elsewhere brings, at a socket that speaks the
// protocol of pcsc-lite (winscard_msg.h there). Who owns the socket may answer anything, so it is used for
// the account alone whose session it is, and for nothing but what a card proves.
#pragma once

#include "base/expected.h"
#include "base/unique_fd.h"
#include "validator/card/seat.h"
#include "validator/card/token.h"

#include <chrono>
#include <string>
#include <vector>

#include <sys/types.h>

namespace jpki::card {

// Who is trusted beside the session's user, and where the walk to the socket begins. Tests have their own.
struct SocketTrust {
  uid_t root = 0;
  std::string top = {};  // a directory; empty: the root directory
};

// The socket itself, whatever its path becomes: held by a descriptor (O_PATH). No step on the way is a link,
// or anybody's but root's and the session's user's, or writable by others; and one of these two listens.
// Then says hello in pcsc-lite's protocol, so that who hangs, hangs up or speaks another one is told as that.
// The error is kSeatUnreachable.
Expected<UniqueFd, CardError> pin_session_socket(const SessionSocket& socket,
                                                 std::chrono::milliseconds patience,
                                                 const SocketTrust& trust = {});

// Has libpcsclite connect to `pinned`, and to nothing else: for before its first call in this process, as it
// looks for an address once. `pinned` must stay open from then on.
Expected<Unit, CardError> use_session_socket(const UniqueFd& pinned);

// "/proc/self/fd/7": the name by which libpcsclite finds it.
std::string name_of_pinned(const UniqueFd& pinned);

// Those that ask the card service and no other: a token that another module finds is of this machine.
std::vector<std::string> modules_of_card_service(const std::vector<std::string>& modules);

}  // namespace jpki::card
