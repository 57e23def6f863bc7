// SPDX-License-Identifier: LGPL-2.1-or-later
//
// The memory of this process, locked: what a PKCS#11 module copies of a PIN never reaches swap.
#pragma once

#include "base/expected.h"

#include <string>

namespace jpki::sandbox {

// For the moment when every library is loaded and no secret is known. Locks what can be written to: what is
// only read is never swapped, and locking it would visit each page of each library. Where RLIMIT_MEMLOCK
// allows it for all that may ever be mapped (shed_inheritance() raises it while root), also what is mapped
// later. Elsewhere, as in a screen locker of a user, with a reserve for the heap instead, since a later
// allocation that exceeds the limit would end the login. The error says why neither could be done.
Expected<Unit, std::string> lock_memory();

}  // namespace jpki::sandbox
