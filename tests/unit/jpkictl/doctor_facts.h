// SPDX-License-Identifier: LGPL-2.1-or-later
//
// The facts of a machine on which everything is right, and single faults in them: one for each row of
// tests/data/doctor/faults.json.
#pragma once

#include "jpkictl/doctor/facts.h"

#include <functional>
#include <map>
#include <string>

namespace jpki::test {

ctl::doctor::Facts good_facts();

// By the name of the row.
const std::map<std::string, std::function<void(ctl::doctor::Facts&)>>& faults();

}  // namespace jpki::test
