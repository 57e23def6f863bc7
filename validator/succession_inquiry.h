// SPDX-License-Identifier: LGPL-2.1-or-later
//
// SuccessionInquiry: what the OCSP responders of this site say about a renewed certificate, for
// jpki-succession. It validates the path itself, asks anew with a nonce and a jpki-fetch of its own, and
// believes nothing that the login has or that was kept.
#pragma once

#include "validator/installation.h"
#include "validator/succession/known_certificates.h"
#include "validator/succession/replaced.h"

namespace jpki {

// The rules as they are asked here: those of the network first, and none content with what was kept.
std::vector<schedule::SourceRule> rules_of_inquiry(std::vector<schedule::SourceRule> rules);

class SuccessionInquiry {
 public:
  // Starts jpki-fetch. `installation` gets rules_of_inquiry(), and outlives it.
  SuccessionInquiry(Installation& installation, const std::string& config_file, Time now);

  // Confines this process: from then on it starts nothing and writes the overlay and the evidence alone.
  succession::Answer ask(const x509::Certificate& certificate, x509::Kind kind);

 private:
  Installation& installation_;
  Time now_;
  Revocation revocation_;
  succession::KnownCertificates known_;
};

}  // namespace jpki
