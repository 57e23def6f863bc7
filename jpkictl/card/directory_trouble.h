// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Why the directory did not do what it was asked for: a plain message for each cause.
#pragma once

#include "jpkictl/card/directory_plan.h"
#include "jpkictl/trouble.h"

namespace jpki::ctl::card {

// `end` is neither kDone nor about a value that is there already, or no longer.
Trouble trouble_of(const ad::bindings::End& end, std::string_view account);

// The controller went away while the step was asked for. kNotDone: it answers again, and has not done it.
enum class Doubt { kNotDone, kUnknown };
Trouble interrupted(Doubt doubt, const ad::bindings::End& end, std::string_view account);

// `done` of `all` steps were made before.
Trouble in_the_middle(Trouble trouble, std::size_t done, std::size_t all);

}  // namespace jpki::ctl::card
