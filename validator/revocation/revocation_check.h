// SPDX-License-Identifier: LGPL-2.1-or-later
//
// RevocationCheck: is a certificate with a validated path revoked? Asked in three steps: look() needs no
// network, so it may be asked about several paths (path_choice.h). The network is slow, and a PIN must not be
// known to the process that decodes what the network sent: begin() before the PIN, conclude() after it was
// wiped. No evidence is no login; revoked from any source is final.
#pragma once

#include "base/deadline.h"
#include "base/expected.h"
#include "base/verdict.h"
#include "validator/ocsp/ocsp_check.h"
#include "validator/path/path.h"

#include <chrono>
#include <optional>
#include <string>
#include <vector>

namespace jpki::revocation {

// What "good" rests on.
struct Evidence {
  std::string source;        // the rule's name: "crl", "platform"; several are joined by '+'
  std::chrono::seconds age;  // now - thisUpdate of the oldest statement used; not for a log
  bool by_crl = false;       // a CRL is among the statements
  // By the OCSP answer that decided, when it was given to this login; nothing of one that was kept, or a CRL.
  std::optional<ocsp::Carried> carried = std::nullopt;
};

struct RevocationError {
  Verdict verdict;        // kRevoked, kIssuerRevoked, kRevocationUnknown, -Stale, -Invalid or -MemoryUnusable
  std::string clause;     // "RFC 5280 6.3.3(b)(2): …"; no personal data
  std::size_t depth = 0;  // which certificate: 0 is the person's
};

// What one source contributed about one certificate (R17).
struct SourceTrace {
  using Ticks = Deadline::ClockType::time_point;
  std::string source;                            // the rule's name
  std::size_t depth = 0;                         // which certificate: 0 is the person's
  std::string result;                            // "good:<1h", "JPKI-402"; with the age of a statement
  std::string failure;                           // why, in words; empty when it did not fail
  std::optional<Ticks> asked = std::nullopt;     // of the network
  std::optional<Ticks> answered = std::nullopt;  // when the answer had arrived, whoever waited for it
};

class RevocationCheck {
 public:
  virtual ~RevocationCheck() = default;

  // Everything that needs no network and no network's bytes: the revoked-memory and the CRLs. Refuses what is
  // already certain: a certificate of the path is revoked, or the memory cannot be read. Whether every
  // authority of the path is called good by a CRL that a source in service takes. Leaves behind what was
  // looked at before. The objects behind `path` must outlive conclude(); `path` itself need not.
  virtual Expected<bool, RevocationError> look(const path::VerifiedCertificate& path, Time now) = 0;

  // Has the network asked about the path that was looked at last, and not refused. Refuses when no source in
  // service could ever vouch.
  virtual Expected<Unit, RevocationError> begin(Time now) = 0;

  // The decision for the path of begin(). Every certificate below the anchor must be covered.
  virtual Expected<Evidence, RevocationError> conclude(Time now) = 0;

  // Every source that was considered so far, in the order of the rules.
  virtual std::vector<SourceTrace> trace() const = 0;
};

}  // namespace jpki::revocation
