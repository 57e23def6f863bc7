// SPDX-License-Identifier: LGPL-2.1-or-later
#include "validator/schedule/plan.h"

#include <algorithm>

namespace jpki::schedule {
namespace {

std::string closed_until(const ServiceHours& hours, Time when) {
  const auto opens = next_change(hours, when);
  return opens ? "closed until " + local_text(hours.zone, *opens) : "closed, and not open within 14 days";
}

}  // namespace

std::vector<PlannedSource> plan(const std::vector<SourceRule>& rules, const std::string& segment, Time when) {
  std::vector<PlannedSource> planned;
  for (const SourceRule& rule : rules) {
    std::string why_not;
    if (!rule.is_for(segment)) {
      why_not = "only for segment " + rule.segment +
                (segment.empty() ? "; this terminal has none" : "; this terminal is in " + segment);
    } else if (!is_open(rule.hours, when)) {
      why_not = closed_until(rule.hours, when);
    }
    const bool asked = why_not.empty();
    planned.push_back({&rule, asked, std::move(why_not)});
  }
  return planned;
}

bool needs_network(const std::vector<PlannedSource>& planned) {
  return std::ranges::any_of(
      planned, [](const PlannedSource& source) { return source.asked && needs_network(source.rule->type); });
}

}  // namespace jpki::schedule
