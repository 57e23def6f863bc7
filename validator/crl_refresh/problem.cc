// SPDX-License-Identifier: LGPL-2.1-or-later
#include "validator/crl_refresh/problem.h"

#include <algorithm>

namespace jpki::crl_refresh {

bool is_fatal(const Report& report) {
  return std::ranges::any_of(report.problems,
                             [](const Report::Line& line) { return is_fatal(line.problem); });
}

int exit_status(const Report& report) {
  if (is_fatal(report)) return 2;
  return report.problems.empty() ? 0 : 1;
}

std::string to_line(const Report::Line& line) {
  return "JPKI-" + std::to_string(static_cast<unsigned>(line.problem)) + ": " + line.text;
}

std::string run_without(const std::string& files) {
  return "run: rm -f " + files + " && jpki-crl-refresh";
}

}  // namespace jpki::crl_refresh
