// SPDX-License-Identifier: LGPL-2.1-or-later
//
// RFC 5280 6.1.3 to 6.1.5 over one candidate path: everything but names and signatures, which path.cc checked
// while it built the path. A pure function of certificates, rules and time.
#pragma once

#include "validator/path/path.h"

namespace jpki::path {

// `chain` is the issuer of `leaf` first, the anchor's certificate last. The reason of the first refusal from
// the anchor down; nothing when the path is good. The anchor's administrative window is not part of this.
std::optional<PathError> check_path(const x509::Certificate& leaf, std::span<const x509::Certificate* const> chain,
                                    const PathPolicy& policy, Time now);

}  // namespace jpki::path
