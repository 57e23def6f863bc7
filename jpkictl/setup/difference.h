// SPDX-License-Identifier: LGPL-2.1-or-later
//
// What a change does to a file, for people: a unified difference, as diff -u prints it.
#pragma once

#include "jpkictl/setup/journal.h"

#include <string>

namespace jpki::ctl::setup {

// Three lines around each hunk. Empty when nothing differs.
std::string unified_difference(const std::string& from_name, const std::string& from,
                               const std::string& to_name, const std::string& to);
// With "/dev/null" for what is not there, and a line about owner and mode where only these change.
std::string difference_of(const Change& change);

}  // namespace jpki::ctl::setup
