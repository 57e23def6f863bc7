// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Which of several paths a login takes. An authority may have more than one certificate; one that is revoked
// does not end the others (RFC 5280 6.1.3(a)(3)).
#pragma once

#include "validator/path/path.h"
#include "validator/revocation/revocation_check.h"

namespace jpki::revocation {

// No more paths than this are looked at; those found until then count.
inline constexpr unsigned kMaxLooks = 16;

// Of the paths that validate: the first whose authorities a CRL at hand calls good; else the first of which
// nothing at hand says revoked. `check` has looked at it last. No network.
//
// None: what is said of the certificate itself, or of a memory that cannot be read, ends the search and
// outweighs all else; else the reason is as validate_path() tells it. by_caller: `check` gave it, of a path
// to that anchor.
Expected<path::VerifiedCertificate, path::PathError> choose_path(const x509::Certificate& leaf,
                                                                 std::span<const x509::Certificate> pool,
                                                                 const trust::TrustStore& anchors,
                                                                 const path::PathPolicy& policy, Time now,
                                                                 RevocationCheck& check);

}  // namespace jpki::revocation
