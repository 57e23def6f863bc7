// SPDX-License-Identifier: LGPL-2.1-or-later
//
// RevocationCheck: is a certificate with a validated path revoked? Asked in two steps, because the network is
// slow and a PIN must not be known to the process that decodes what the network sent: begin() before the PIN,
// conclude() after it was wiped. No evidence is no login; revoked from any source is final.
#pragma once

#include "base/deadline.h"
#include "base/expected.h"
#include "base/verdict.h"
#include "validator/path/path.h"

#include <chrono>
#include <string>

namespace jpki::revocation {

// What "good" rests on, for the log.
struct Evidence {
  std::string source;        // the rule's name: "crl", "platform"
  std::chrono::seconds age;  // now - thisUpdate of the oldest statement used
};

struct RevocationError {
  Verdict verdict;     // kRevoked, kRevocationUnknown, kRevocationStale or kRevocationInvalid
  std::string clause;  // "RFC 5280 6.3.3(b)(2): …"; no personal data
};

class RevocationCheck {
 public:
  virtual ~RevocationCheck() = default;

  // Everything that needs no network and no network's bytes: the revoked-memory and the CRLs. Refuses what is
  // already certain (revoked; or no source in service could ever vouch), and has the network asked for the
  // rest. `certificate` and the objects behind it must outlive conclude().
  virtual Expected<Unit, RevocationError> begin(const path::VerifiedCertificate& certificate, Time now) = 0;

  // The decision for the certificate of begin(). Every certificate below the anchor must be covered.
  virtual Expected<Evidence, RevocationError> conclude(Time now) = 0;
};

}  // namespace jpki::revocation
