// SPDX-License-Identifier: LGPL-2.1-or-later
//
// One at a time: apply, confirm and roll-back, also the one by the timer.
#pragma once

#include "base/unique_fd.h"
#include "jpkictl/trouble.h"

namespace jpki::ctl::setup {

// Makes the directory of the journal where it is missing.
Expected<UniqueFd, Trouble> lock_journal();

}  // namespace jpki::ctl::setup
