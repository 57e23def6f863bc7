// SPDX-License-Identifier: LGPL-2.1-or-later
//
// The log of a program that a service manager runs: its standard error, a line each, with the level in front
// as systemd wants it (sd-daemon(3)).
#pragma once

#include "base/protocol.h"

#include <string_view>

namespace jpki::relay {

// `text` may be of others: what would end the line or begin another is no part of it. Never debug lines.
void write_to_journal(LogLevel level, std::string_view text);

}  // namespace jpki::relay
