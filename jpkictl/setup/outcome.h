// SPDX-License-Identifier: LGPL-2.1-or-later
//
// What becomes of a plan: its configurations, loaded as logins load them, on a copy, before anything is
// changed.
#pragma once

#include "jpkictl/context.h"
#include "jpkictl/setup/plan.h"

namespace jpki::ctl::setup {

// Refused, in the loader's own words: jpki.toml would not load for the user that logins run as, or ad.toml
// where the plan has to do with it; and whether that is so already. What was broken and is mended by the plan
// is good, and what was broken is no obstacle to a plan that leaves the configuration and the passwords
// alone.
Expected<Unit, Trouble> judge_outcome(const Plan& plan, const Answers& answers, const Files& files,
                                      const Context& context);

}  // namespace jpki::ctl::setup
