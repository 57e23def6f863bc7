// SPDX-License-Identifier: LGPL-2.1-or-later
//
// jpkictl card enroll --csv: next person, next card, until the file is done or somebody stops.
#pragma once

#include "jpkictl/card/enrollment.h"

namespace jpki::ctl::card {

ExitStatus enroll_all(const std::string& csv, const EnrollmentRules& rules, Site& site, const Desk& desk,
                      const Context& context);

}  // namespace jpki::ctl::card
