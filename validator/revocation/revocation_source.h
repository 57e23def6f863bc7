// SPDX-License-Identifier: LGPL-2.1-or-later
//
// RevocationSource: tells whether a certificate with a validated path is revoked. No evidence is no login.
#pragma once

#include "base/expected.h"
#include "base/verdict.h"
#include "validator/x509/path.h"

#include <chrono>
#include <string>

namespace jpki::revocation {

// What "good" rests on, for the log.
struct Evidence {
  std::string source;        // "crl"
  std::chrono::seconds age;  // now - thisUpdate
};

struct RevocationError {
  Verdict verdict;     // kRevoked, kRevocationUnknown, kRevocationStale or kRevocationInvalid
  std::string clause;  // "RFC 5280 6.3.3(b)(2): …"; no personal data
};

class RevocationSource {
 public:
  virtual ~RevocationSource() = default;
  // Good with its evidence, or why not. Every certificate below the anchor must be covered.
  virtual Expected<Evidence, RevocationError> check(const x509::VerifiedCertificate& certificate,
                                                    Time now) const = 0;
};

}  // namespace jpki::revocation
