// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Command and response APDUs as one line of text, PIN bytes masked.
#pragma once

#include "base/bytes.h"

#include <string>

namespace jpki::vcard {

// "> 00 20 00 80 04 ** ** ** **". Whatever follows the header of a command with INS 20 is masked, length
// included when the command is malformed.
std::string trace_command(Bytes command);

// "< 90 00"
std::string trace_response(Bytes response);

}  // namespace jpki::vcard
