// SPDX-License-Identifier: LGPL-2.1-or-later
//
// What our programs give up before they touch a card, a network or a file that others wrote: privileges.
#pragma once

#include "base/expected.h"

#include <string>

namespace jpki::sandbox {

// When root by its real, effective or saved id: becomes `user` with its own group and no other, with an empty
// capability bounding set. As anybody else: stays who it is. In both cases: no capability, no new privileges,
// no core dump, not traceable by others of the same user, killed when the parent dies. The error says which
// step failed.
Expected<Unit, std::string> drop_privileges(const std::string& user);

// For the calling thread: every capability and the hope of one (no_new_privs), and whatever lets another
// process of the same user look into this one. The bounding set can only be emptied by who has CAP_SETPCAP;
// under no_new_privs it means nothing.
//
// `but_kill`: CAP_KILL stays if it is there, for who must be able to end a helper process of another user.
Expected<Unit, std::string> give_up_capabilities(bool but_kill = false);

}  // namespace jpki::sandbox
