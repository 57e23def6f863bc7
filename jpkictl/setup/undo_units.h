// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "jpkictl/setup/journal.h"

namespace jpki::ctl::setup {

// Enabled and active as before; the units of which systemctl says no.
std::vector<std::string> undo_units(const Journal& journal);

}  // namespace jpki::ctl::setup
