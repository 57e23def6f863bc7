// SPDX-License-Identifier: LGPL-2.1-or-later
//
// The line "pam_jpki.so emergency": somebody whose card is forgotten, broken or locked types a code that an
// administrator gave, once. The module asks; jpki-emergency judges (emergency/judge.h). Nothing of a card is
// touched, and no card is remembered: the session is nobody's card's.
#pragma once

#include "pam_jpki/call.h"

#include <string>

namespace jpki::pam {

// pam_sm_authenticate of such a line. PAM_SUCCESS: the code is used up. Never PAM_IGNORE, so that an empty
// answer passes no line that others rely on.
int log_in_by_code(Call& call);

// This module let this handle in by a code, and PAM_USER still is the account that it was for.
bool logged_in_by_code(const pam_handle_t* handle);
void forget_code_login(pam_handle_t* handle);

// After a login by card: tells the person of a code that was used for their account, once.
void tell_of_used_code(Call& call, const std::string& account);

}  // namespace jpki::pam
