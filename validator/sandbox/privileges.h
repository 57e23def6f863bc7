// SPDX-License-Identifier: LGPL-2.1-or-later
//
// What the validator sheds before it touches a card or a file: environment, descriptors, privileges.
#pragma once

#include "base/expected.h"

#include <string>

namespace jpki::sandbox {

// Removes every environment variable, and sets the one that OpenSC needs to find our own configuration:
// OpenSC, p11-kit, pcsc-lite and SoftHSM read theirs with plain getenv(3). Also closes every descriptor above
// 2, resets the umask and the working directory, and ignores SIGPIPE. For the start of main(), before any
// other code.
void shed_inheritance(const std::string& opensc_conf);

// When root by its real, effective or saved id: becomes `user` with its own group and no other. As anybody
// else: stays who it is. In both cases: no new privileges, no core dump, not traceable by others of the same
// user, killed when the parent dies. The error says which step failed.
Expected<Unit, std::string> drop_privileges(const std::string& user);

}  // namespace jpki::sandbox
