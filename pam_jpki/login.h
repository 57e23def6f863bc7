// SPDX-License-Identifier: LGPL-2.1-or-later
//
// The story of one login: one attempt, or two when the first used an earlier module's wrong PAM_AUTHTOK; then
// one line in the log, one message for the person, one PAM code.
#pragma once

#include "pam_jpki/call.h"

namespace jpki::pam {

int log_in(Call& call);

}  // namespace jpki::pam
