// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Refusal: why a login ended before it was accepted.
#pragma once

#include "base/verdict.h"

#include <string>

namespace jpki::engine {

struct Refusal {
  Verdict verdict;
  std::string cause;  // for the log: call and return code, clause, file:line; no personal data
};

}  // namespace jpki::engine
