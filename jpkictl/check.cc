// SPDX-License-Identifier: LGPL-2.1-or-later
//
// jpkictl check: the validator's self-check.
#include "jpkictl/program.h"
#include "validator/self_check.h"

#include <CLI/CLI.hpp>

namespace jpki::ctl {

void add_check(CLI::App& app, Action& chosen) {
  auto* command = app.add_subcommand("check", "Tell everything that is wrong with the installation at once");
  command->callback([&chosen] {
    chosen = [](const Context& context) {
      return self_check(context.config_file, context.now, context.out) == 0 ? ExitStatus::kGood
                                                                            : ExitStatus::kBad;
    };
  });
}

}  // namespace jpki::ctl
