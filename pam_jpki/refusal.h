// SPDX-License-Identifier: LGPL-2.1-or-later
//
// How a person learns of a refusal: by a message where the screen shows messages; else by a few words before
// the next prompt, or before one of our own where no other prompt of ours will follow.
#pragma once

#include "pam_jpki/call.h"

#include <optional>

namespace jpki::pam {

void tell_refusal(Call& call, Verdict verdict, std::optional<std::uint8_t> tries_left);

}  // namespace jpki::pam
