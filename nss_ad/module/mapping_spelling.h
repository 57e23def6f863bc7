// SPDX-License-Identifier: LGPL-2.1-or-later
//
// The canonical spelling of a strong mapping string, as canonical_mapping() of base/mapping has it, without
// memory of its own: the module needs libc alone.
#pragma once

#include <cstddef>

namespace jpki::ad::module {

inline constexpr char kMappingPrefix[] = "X509:";

// Rewrites `mapping` in place: hexadecimal digits and attribute names in lower case. Anything but
// X509:<I>…<SR>…, X509:<SKI>… and X509:<SHA1-PUKEY>… stays as it is.
void make_canonical(char* mapping, std::size_t size);

}  // namespace jpki::ad::module
