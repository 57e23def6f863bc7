// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Of cross builds alone, see filter.h.
#include "base/sandbox/filter_rules.h"

namespace jpki::sandbox {

Expected<Filter, std::string> filter_of(const SystemCalls& allowed) {
  return compile_rules(allowed, kOwnProcess);
}

}  // namespace jpki::sandbox
