// SPDX-License-Identifier: LGPL-2.1-or-later
//
// The path of a candidate's certificate to an anchor of this site, for a person's login.
#pragma once

#include "validator/engine/authenticate.h"
#include "validator/engine/candidate.h"
#include "validator/path/path.h"
#include "validator/revocation/revocation_check.h"

#include <vector>

namespace jpki::engine {

struct CheckedPath {
  std::vector<x509::Certificate> intermediates;  // those of the card, when `certificate` needs them
  path::VerifiedCertificate certificate;
};

struct PathRefusal : Refusal {
  std::string anchor;          // its name in anchors.d, where the path that is told of reached one
  bool by_revocation = false;  // the path is valid; `revocation` refused it
};

// `candidate` must outlive the result, where it is. Its card, if it has one, is asked for intermediates only
// when those of the site lead to no anchor, or over an authority that has expired; never when one is revoked:
// a card does not bring the certificate that leads around it.
//
// With `revocation` it is the path that revocation/path_choice.h chooses, which it has looked at last;
// without, the first that validates.
Expected<CheckedPath, PathRefusal> check_path(const Candidate& candidate, const Services& services,
                                              revocation::RevocationCheck* revocation = nullptr);

}  // namespace jpki::engine
