// SPDX-License-Identifier: LGPL-2.1-or-later
//
// The support archive: what somebody far away needs to find a fault, and nothing of a person.
#pragma once

#include "base/expected.h"
#include "jpkictl/doctor/links.h"

#include <map>
#include <string>
#include <vector>

namespace jpki::ctl::doctor {

// Files of the archive by name.
using Members = std::map<std::string, std::string>;

// Findings, packages, settings (settings_shown.h), lines of pam.d, units, owners and modes of files. Neither
// the account map nor anchors, CRLs, logs or keys.
Members members_of(const Facts& facts, const std::vector<Finding>& findings);

// A tar archive of mode 0600, there whole or not at all. A signal that asks this program to end (Ctrl-C) is
// held back while it is written, and then leaves no archive.
Expected<Unit, std::string> write_bundle(const std::string& path, const Members& members, Time now);

}  // namespace jpki::ctl::doctor
