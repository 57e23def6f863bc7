// SPDX-License-Identifier: LGPL-2.1-or-later
//
// What the person sees of a step of the validator.
#pragma once

#include "base/protocol.h"
#include "base/screen_line.h"

#include <optional>

namespace jpki::pam {

// What a screen with a place for it shows during a step; nothing: what it showed before.
std::optional<ScreenState> shown_in(Step step);

}  // namespace jpki::pam
