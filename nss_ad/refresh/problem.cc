// SPDX-License-Identifier: LGPL-2.1-or-later
#include "nss_ad/refresh/problem.h"

namespace jpki::ad::refresh {

int exit_status(const Report& report) {
  if (!report.written) return 2;
  return report.problems.empty() ? 0 : 1;
}

std::string to_line(const Line& line) {
  return "JPKI-" + std::to_string(line.code) + ": " + line.text;
}

}  // namespace jpki::ad::refresh
