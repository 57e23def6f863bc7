// SPDX-License-Identifier: LGPL-2.1-or-later
//
// jpkictl as a function: parses the command line, runs one sub-command.
#pragma once

#include "jpkictl/context.h"

#include <string>
#include <vector>

namespace CLI {
class App;
}

namespace jpki::ctl {

// What was chosen on the command line.
using Action = std::function<ExitStatus(const Context&)>;

// Each adds its sub-command to `app`; when that is parsed, `chosen` becomes what to do.
void add_validate(CLI::App& app, Action& chosen);
void add_anchor(CLI::App& app, Action& chosen);
void add_revocation(CLI::App& app, Action& chosen);
void add_explain(CLI::App& app, Action& chosen);
void add_check(CLI::App& app, Action& chosen);
void add_doctor(CLI::App& app, Action& chosen);
void add_account(CLI::App& app, Action& chosen);
void add_session(CLI::App& app, Action& chosen);
void add_idmap(CLI::App& app, Action& chosen);
void add_card(CLI::App& app, Action& chosen);
void add_emergency(CLI::App& app, Action& chosen);
void add_setup(CLI::App& app, Action& chosen);

// `arguments` without the program's name. A wrong command line is kUsage.
ExitStatus run(std::vector<std::string> arguments, Context context);

}  // namespace jpki::ctl
