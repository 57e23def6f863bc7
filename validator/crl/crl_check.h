// SPDX-License-Identifier: LGPL-2.1-or-later
//
// CrlCheck: what a number of CRLs say about one certificate (RFC 5280 6.3). A pure function of bytes, rules
// and time; where the CRLs come from is the caller's business.
#pragma once

#include "validator/crl/crl.h"
#include "validator/crl/crl_policy.h"
#include "validator/crl/distribution_point.h"
#include "validator/x509/certificate.h"

#include <vector>

namespace jpki::crl {

// What is known so far, from the least to the most. A finding is only ever replaced by one that says more.
enum class Standing {
  kNotCovered,  // no CRL is meant for this certificate
  kBroken,      // there is one, but it cannot be used
  kStale,       // there is one, authentic but too old
  kGood,        // a fresh one does not list it
  kRevoked,
};

struct Finding {
  Standing standing = Standing::kNotCovered;
  std::string clause = "RFC 5280 6.3.3: no CRL covers the certificate";
  Time this_update{};  // of the newest CRL behind kGood
};

// A CRL counts when it is by the certificate's issuer (name and key), covers the certificate (no distribution
// point, or one that the certificate names; no reasons, indirect, delta or attribute scope), carries nothing
// critical that is unknown, has a nextUpdate, and verifies. It is stale past nextUpdate or past max_age.
// Revoked by one that counts is final, stale or not; on hold counts while the CRL is fresh.
class CrlCheck {
 public:
  // Both certificates and `policy` must outlive the check.
  CrlCheck(const x509::Certificate& subject, const x509::Certificate& issuer, const CrlPolicy& policy,
           Time now);

  void consider(const Crl& crl);
  // A file that may have been meant for this certificate, and why it cannot be read.
  void consider_unreadable(const std::string& why) { note(Standing::kBroken, why); }

  const Finding& finding() const { return finding_; }

 private:
  bool issued_by_issuer(const Crl& crl) const;
  Expected<bool, std::string> covers(const Crl& crl) const;
  Expected<bool, std::string> named_by_certificate(const GeneralNames& name) const;
  // Everything that makes a CRL unusable but its signature and entries; nothing when it is usable.
  std::optional<std::string> defect(const Crl& crl) const;
  // True when the CRL is the issuer's. Notes a broken one; one by another key of the same name is no one's
  // fault.
  bool verify(const Crl& crl);
  bool is_stale(const Crl& crl) const;
  void note(Standing standing, const std::string& clause);

  const x509::Certificate& subject_;
  const x509::Certificate& issuer_;
  const CrlPolicy& policy_;
  Time now_;
  Finding finding_;
};

}  // namespace jpki::crl
