// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Some hosts begin a new conversation the moment one was refused, as long as a card is in the reader (GDM's
// gdm-smartcard). Each would start a validator, and the card would never rest. So a call that is refused on
// such a screen ends no sooner than Installation::restart_pace after its attempt began.
//
// A host that notices that the card is taken away stops the process that waits here (gdm-session-worker, by
// SIGTERM), so the next card is looked at without waiting.
#pragma once

#include "pam_jpki/call.h"

namespace jpki::pam {

// Waits until the pace after the last attempt of this handle is over, or until a signal that the host holds
// back wants it to stop. Returns at once when there was no attempt, and on screens that do not begin anew.
void keep_pace(const Call& call);

}  // namespace jpki::pam
