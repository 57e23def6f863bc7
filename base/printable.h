// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Text of others for a log.
#pragma once

#include <string>
#include <string_view>

namespace jpki {

// `text` on one line: each control character (C0, DEL, and C1 in UTF-8) becomes a question mark.
std::string printable(std::string_view text);

// The same in quotes, which nothing within ends: a text may repeat what a server called itself.
std::string in_quotes(std::string_view text);

}  // namespace jpki
