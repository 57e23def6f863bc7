// SPDX-License-Identifier: LGPL-2.1-or-later
//
// A line on somebody's text console, as write(1) puts it there.
#pragma once

#include <string>

#include <sys/types.h>

namespace jpki::guard {

// `terminal`: "tty2", "pts/3", below /dev. Only to a terminal that belongs to `user`, and only what it takes
// at once. In English: the kernel's console has no Japanese characters.
void write_to_console(const std::string& terminal, uid_t user, const std::string& text);

}  // namespace jpki::guard
