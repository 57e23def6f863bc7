// SPDX-License-Identifier: LGPL-2.1-or-later
#include "base/sandbox/filter_table.h"

namespace jpki::sandbox {

Expected<Filter, std::string> filter_of(const SystemCalls& allowed) {
  const std::size_t number = filter_number(allowed);
  return Filter(kFilterTable + kFilterBegins[number], kFilterTable + kFilterBegins[number + 1]);
}

}  // namespace jpki::sandbox
