// SPDX-License-Identifier: LGPL-2.1-or-later
//
// The commands that jpki-testocsp reads from its standard input, one a line.
#pragma once

#include "testkit/ocsp/responder.h"

#include <string>

namespace jpki::testocsp {

inline constexpr char kCommands[] =
    "  answer RECIPE…          each request takes the next recipe, the last one stays;\n"
    "                          a recipe is faults joined by '+': revoked+stale+no-nonce\n"
    "  revoke WHO [REASON]     WHO is a card of the tree, or a serial number in hexadecimal\n"
    "  good WHO | unknown WHO\n"
    "  carry WHO OID HEX       what is said of WHO has this single extension, HEX is the DER in it\n"
    "  stats                   requests since the last reset\n"
    "  reset                   as at the start\n";

// The line to answer: "ok", "ok NAME=VALUE…", or "error TEXT".
std::string execute(Responder& responder, const std::string& line);

}  // namespace jpki::testocsp
