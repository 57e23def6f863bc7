// SPDX-License-Identifier: LGPL-2.1-or-later
//
// A root directory of the process's own, in which nothing is but what it still needs. Landlock says which
// files can be opened, but no Landlock restricts connecting to a socket that has a name there: the system
// bus, the sockets of every daemon. A name that does not exist cannot be connected to.
#pragma once

#include "base/expected.h"

#include <optional>
#include <string>
#include <vector>

namespace jpki::sandbox {

// A socket that is held by a descriptor: whoever owns the directory may have put something else at its path.
struct PinnedSocket {
  int descriptor;
  std::string path;
};

// From here on the process, which has one thread, sees `kept` (absolute paths of files and directories; what
// does not exist is left out) at their places, read-only directories above them, and nothing else; with
// `no_network` also no abstract socket and no network device. It is in a user namespace of its own for that,
// and holds the capabilities in it that the caller gives up next: no privilege is needed, none outside is
// had. Descriptors that are open stay what they are. `pinned` has the place /proc/self/fd/DESCRIPTOR, and is
// left out if it is not at its path any more. The error, for a log: why the system has no such thing;
// then all is as it was.
Expected<Unit, std::string> enter_private_root(std::vector<std::string> kept, bool no_network,
                                               const std::optional<PinnedSocket>& pinned = {});

}  // namespace jpki::sandbox
