// SPDX-License-Identifier: LGPL-2.1-or-later
//
// SeatServer: the p11-kit server of a thin client, reached through p11-kit's own client module. Whoever
// answers there gets the PIN that is typed, so the way there is root's.
#pragma once

#include "base/expected.h"
#include "validator/card/token.h"

#include <string>

namespace jpki::card {

inline constexpr char kServerModule[] = "p11-kit-client.so";

// "unix:path=/run/jpki-seats/counter-2/p11" or "vsock:cid=3;port=4000" (p11-kit(8), server).
bool is_server_address(const std::string& text);

// Looks whether somebody listens there, and has kServerModule connect there when it is initialised next in
// this process. A socket must lie in a directory that is root's and that others cannot write. The error is
// kSeatUnreachable. Blocks for as long as a full queue does.
Expected<Unit, CardError> use_server(const std::string& address);

}  // namespace jpki::card
