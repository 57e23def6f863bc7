// SPDX-License-Identifier: LGPL-2.1-or-later
//
// How a person learns of a refusal: by a message where the screen keeps messages; else by a few words before
// the next prompt, or by one of our own where no other prompt of ours will follow.
#pragma once

#include "pam_jpki/call.h"

#include <optional>

namespace jpki::pam {

// The next prompt of the same login, if there is one, says it again where the screen needs that.
void tell_refusal(Call& call, Verdict verdict, std::optional<std::uint8_t> tries_left,
                  bool smartphone = false);

// For the end of a login: what was told stays until the person has read it.
void hold_refusal(Call& call, Verdict verdict);

}  // namespace jpki::pam
