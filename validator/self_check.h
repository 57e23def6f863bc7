// SPDX-License-Identifier: LGPL-2.1-or-later
//
// self_check(): jpki-validator --check. Loads all that a login would, as the user that a login would, and
// tells everything that is wrong at once. Touches no card.
#pragma once

#include "base/time.h"

#include <cstdio>
#include <string>

namespace jpki {

// Writes "error: …" and "warning: …" lines and a summary to `out`. Exit status: 0 no error, 1 some.
int self_check(const std::string& config_file, Time now, std::FILE* out);

}  // namespace jpki
