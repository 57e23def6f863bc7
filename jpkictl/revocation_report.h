// SPDX-License-Identifier: LGPL-2.1-or-later
//
// What `jpkictl revocation` tells, as functions of rules, index and time.
#pragma once

#include "base/expected.h"
#include "jpkictl/context.h"
#include "validator/crl/crl_index.h"
#include "validator/schedule/plan.h"

#include <chrono>
#include <string>
#include <vector>

namespace jpki::ctl {

struct Report {
  ExitStatus status;
  std::string text;
  std::string json;
};

// kBad: no source at all would be asked, so nobody would log in.
Report plan_report(const std::vector<schedule::SourceRule>& rules, const std::string& segment, Time when);

// kBad: a CRL is past its nextUpdate or the hard limit, or there is none. Tells counts, ages and the files of
// those that are too old, never issuers or distribution points, which may name a municipality.
Expected<Report, std::string> status_report(const crl::CrlIndex& index, std::chrono::seconds max_age,
                                            Time now);

}  // namespace jpki::ctl
