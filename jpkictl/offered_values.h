// SPDX-License-Identifier: LGPL-2.1-or-later
//
// The values that an option or an argument may have here, for a shell to offer.
#pragma once

#include "jpkictl/completion.h"

namespace CLI {
class Option;
}

namespace jpki::ctl {

// By the words that the parser takes for it; else by its name in the help of `command`: FILE, DIR, ACCOUNT,
// CODE, SERVICE, KIND. Nothing for what only the person knows, like a reason. Accounts are those that NSS
// lists to everybody.
std::vector<Offer> values_of(const CLI::Option& option, const CLI::App& command);

}  // namespace jpki::ctl
