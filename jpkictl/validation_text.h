// SPDX-License-Identifier: LGPL-2.1-or-later
//
// A validation report for people and for scripts. Names of certificates' subjects only when asked for: they
// identify a person.
#pragma once

#include "jpkictl/validation.h"

#include <string>

namespace jpki::ctl {

std::string to_text(const ValidationReport& report, bool show_names);
std::string to_json(const ValidationReport& report, Time when, bool show_names);

}  // namespace jpki::ctl
