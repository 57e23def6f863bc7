// SPDX-License-Identifier: LGPL-2.1-or-later
//
// A PKCS#11 module is somebody else's code in our process: where it hangs or crashes, the process does, and
// with it everybody's login. Where there are several, a vendor's is tried in a child process first: loaded,
// initialised, asked for its slots, finalised. OpenSC and our own are not: they would read the card twice.
#pragma once

#include "validator/card/pkcs11_module.h"
#include "validator/card/token.h"

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace jpki::card {

// Whether a module is tried. `name`: as in [pkcs11] modules.
bool is_foreign(const std::string& name);

// For each module why it cannot be used (kModuleUnusable), or nothing. They are tried at the same time, and
// killed when `patience` is over. Only for a process without threads.
// Without `slots` a module is only initialised: asking for slots may read the whole card.
std::vector<std::optional<CardError>> probe_modules(const std::vector<std::string>& names,
                                                    std::chrono::milliseconds patience, bool slots = true);

// The same of one thing that is done in a child: nothing when it comes to its end and gives nothing.
using Trial = std::function<std::optional<std::string>()>;
std::vector<std::optional<std::string>> try_in_children(const std::vector<Trial>& trials,
                                                        std::chrono::milliseconds patience);

}  // namespace jpki::card
