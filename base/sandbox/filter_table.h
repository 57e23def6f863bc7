// SPDX-License-Identifier: LGPL-2.1-or-later
//
// What make_filters writes: all filters in one table, by filter_number(). No pointers, so that a start has
// nothing to relocate.
#pragma once

#include "base/sandbox/filter.h"

namespace jpki::sandbox {

extern const sock_filter kFilterTable[];
// The filter of number n is from kFilterBegins[n] up to kFilterBegins[n + 1].
extern const std::uint16_t kFilterBegins[kFilterCount + 1];

}  // namespace jpki::sandbox
