// SPDX-License-Identifier: LGPL-2.1-or-later
//
// The client of the control socket: `jpki-vcard ctl SOCKET COMMAND...`.
#pragma once

#include "base/expected.h"

#include <string>

namespace jpki::vcard {

// Sends one command line and returns the reply line, both without newline; the error names the socket and the
// cause.
Expected<std::string, std::string> send_command(const std::string& socket_path, const std::string& command);

}  // namespace jpki::vcard
