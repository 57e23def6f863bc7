// SPDX-License-Identifier: LGPL-2.1-or-later
//
// The rules of the seccomp filters, and libseccomp, which makes filters of them. The programs carry the
// filters and not this, see filter.h.
#pragma once

#include "base/expected.h"
#include "base/sandbox/filter.h"

#include <cstdint>
#include <string>

namespace jpki::sandbox {

// For the architecture on which this runs. `own_process`: the process id that tgkill(2) may name.
Expected<Filter, std::string> compile_rules(const SystemCalls& allowed, std::uint32_t own_process);

}  // namespace jpki::sandbox
