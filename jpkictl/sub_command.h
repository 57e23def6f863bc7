// SPDX-License-Identifier: LGPL-2.1-or-later
//
// A sub-command of a sub-command, as jpkictl card and jpkictl setup have them: options of its own, and a
// function that acts in the caller's language.
#pragma once

#include "jpkictl/program.h"
#include "jpkictl/words.h"

#include <memory>

#include <CLI/CLI.hpp>

namespace jpki::ctl {

// Adds it to `parent`; `command` is then what options are added to. When it is parsed, `chosen` becomes
// act(options).
template <class Options>
std::shared_ptr<Options> add_sub_command(CLI::App& parent, const char* name, const char* help,
                                         CLI::App*& command,
                                         ExitStatus (*act)(const Options&, const Context&), Action& chosen) {
  command = parent.add_subcommand(name, help);
  const auto options = std::make_shared<Options>();
  command->callback([options, act, &chosen] {
    chosen = [options, act](const Context& context) {
      const CallersLanguage language(JPKI_LOCALEDIR);
      return act(*options, context);
    };
  });
  return options;
}

}  // namespace jpki::ctl
