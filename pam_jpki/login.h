// SPDX-License-Identifier: LGPL-2.1-or-later
//
// The story of one login: one attempt, or two when the first used an earlier module's wrong PAM_AUTHTOK; then
// one line in the log, one message for the person, one PAM code.
#pragma once

#include "pam_jpki/call.h"

namespace jpki::pam {

int log_in(Call& call);

// Of a line with the word presence or recent: may another factor's module unlock without a PIN? "Yes" is
// PAM_IGNORE, so that this line alone never unlocks anything, whatever its control word; "no" is never
// PAM_IGNORE, whatever the options. One attempt; nothing is ever asked, and what refuses is told where a
// message can be seen. PAM_USER must be set.
int unlock(Call& call);

}  // namespace jpki::pam
