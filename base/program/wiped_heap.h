// SPDX-License-Identifier: LGPL-2.1-or-later
//
// In a program that has this linked in, memory that is given back is zeroed first, whoever gives it back:
// libraries leave a PIN where they freed it, OpenSC the command that carries it and a hexadecimal dump. And
// what was locked stays locked.
#pragma once

namespace jpki {

// Zeroes from here on what is freed, for good. To be called before the first secret is known; what is freed
// before it, while libraries start, holds none and would cost a login time.
void wipe_what_is_freed() noexcept;

}  // namespace jpki
