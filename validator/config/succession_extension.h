// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Which OID [succession] ocsp_extension may name.
#pragma once

#include <string_view>

namespace jpki::config {

// A dotted OID that means nothing else yet: none of X.509's extensions or of OCSP's own (RFC 6960 4.4).
bool may_tell_succession(std::string_view oid) noexcept;

}  // namespace jpki::config
