// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Which sources would be asked, in which order, at a given time: a pure function, so that an administrator
// sees tonight's switch before it happens.
#pragma once

#include "validator/schedule/source_rule.h"

namespace jpki::schedule {

struct PlannedSource {
  const SourceRule* rule;  // of the caller's list
  bool asked;
  // "closed until 2026-11-24 08:30 +0900", "only for segment lgwan; this terminal has none"; empty when asked
  std::string why_not;
};

// Every rule in order, with its fate at `when`.
std::vector<PlannedSource> plan(const std::vector<SourceRule>& rules, const std::string& segment, Time when);

// Is one of them asked over the network?
bool needs_network(const std::vector<PlannedSource>& planned);

}  // namespace jpki::schedule
