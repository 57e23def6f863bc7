// SPDX-License-Identifier: LGPL-2.1-or-later
//
// What jpki-greeter and the test program around the same screen have in common.
#pragma once

#include "greeter/manager.h"
#include "greeter/settings.h"

#include <functional>
#include <string>

namespace jpki::greeter {

// No core, no debugger: the process sees a PIN. Call first.
void keep_to_itself();

struct Surroundings {
  Manager& manager;
  Settings settings;
  const char* locale_dir;                                    // of our catalogues
  std::function<std::string(const std::string&)> holder_of;  // the name of an account's person; may be empty
};

// Shows the screen until the process is ended; the exit status.
int run(int argc, char** argv, const Surroundings& around);

}  // namespace jpki::greeter
