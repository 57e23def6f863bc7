// SPDX-License-Identifier: LGPL-2.1-or-later
//
// The path of a candidate's certificate to an anchor of this site, for a person's login.
#pragma once

#include "validator/engine/authenticate.h"
#include "validator/engine/candidate.h"
#include "validator/path/path.h"

#include <vector>

namespace jpki::engine {

struct CheckedPath {
  std::vector<x509::Certificate> intermediates;  // those of the card, when `certificate` needs them
  path::VerifiedCertificate certificate;
};

// `candidate` must outlive the result, where it is. Its card, if it has one, is asked for intermediates only
// when those of the site lead to no anchor.
Expected<CheckedPath, Refusal> check_path(const Candidate& candidate, const Services& services);

}  // namespace jpki::engine
