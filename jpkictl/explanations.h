// SPDX-License-Identifier: LGPL-2.1-or-later
//
// What every verdict means for the administrator: more than the person at the terminal is told
// (pam_jpki/messages.h).
#pragma once

#include "base/verdict.h"

namespace jpki::ctl {

struct Explanation {
  const char* meaning;    // what happened
  const char* cause;      // how that comes about
  const char* next_step;  // what an administrator does now
};

Explanation explanation_of(Verdict verdict) noexcept;

}  // namespace jpki::ctl
