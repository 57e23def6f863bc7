// SPDX-License-Identifier: LGPL-2.1-or-later
//
// RFC 5280 6.1.2 to 6.1.5 over one candidate path: everything but the chaining of names and the signatures,
// which path.cc checked while it built the path. A pure function of certificates, rules and time.
//
// What an anchor's certificate says about its own paths is applied as RFC 5937 3.2 does: pathLenConstraint,
// nameConstraints, policyConstraints and inhibitAnyPolicy. Its certificatePolicies are not: roots write the
// policy of their own operation there, not those of the certificates below; the administrator's constraints
// (trust_store.h) name the policies that an anchor may vouch for.
#pragma once

#include "validator/path/path.h"

namespace jpki::path {

struct CandidatePath {
  const x509::Certificate& leaf;
  std::span<const x509::Certificate* const> issuers;  // of the leaf first; without the anchor's certificate
  const trust::Anchor& anchor;
};

// The user-constrained-policy-set (6.1.6), or the first clause that failed from the anchor down. The anchor's
// administrative window is not part of this.
Expected<std::vector<std::string>, Refusal> validate_candidate(const CandidatePath& path,
                                                               const PathPolicy& policy, Time now);

}  // namespace jpki::path
