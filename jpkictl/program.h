// SPDX-License-Identifier: LGPL-2.1-or-later
//
// jpkictl as a function: parses the command line, runs one sub-command.
#pragma once

#include "jpkictl/command.h"

#include <string>
#include <vector>

namespace jpki::ctl {

// Each adds its sub-command.
void add_validate(const Command& jpkictl);
void add_anchor(const Command& jpkictl);
void add_revocation(const Command& jpkictl);
void add_explain(const Command& jpkictl);
void add_check(const Command& jpkictl);
void add_doctor(const Command& jpkictl);
void add_account(const Command& jpkictl);
void add_session(const Command& jpkictl);
void add_idmap(const Command& jpkictl);
void add_card(const Command& jpkictl);
void add_emergency(const Command& jpkictl);
void add_setup(const Command& jpkictl);

// `arguments` without the program's name. A wrong command line is kUsage.
ExitStatus run(std::vector<std::string> arguments, Context context);

}  // namespace jpki::ctl
