// SPDX-License-Identifier: LGPL-2.1-or-later
//
// CrlScope: which CRLs are meant for one certificate, and for which reasons: RFC 5280 6.3.3(b) and (e).
#pragma once

#include "validator/crl/crl_view.h"
#include "validator/crl/distribution_point.h"
#include "validator/x509/certificate.h"

#include <vector>

namespace jpki::crl {

// What a CRL covers of the certificate.
struct Coverage {
  Reasons reasons = 0;  // none: the CRL is not meant for the certificate
  x509::Name issuer;    // the CRL's
  std::optional<IssuingDistributionPoint> point;
};

class CrlScope {
 public:
  // `subject` must outlive the scope.
  explicit CrlScope(const x509::Certificate& subject);

  // Cheap for a CRL of an issuer that has nothing to do with the certificate. An error when the CRL's or the
  // certificate's distribution point is malformed and decides. A certificate has the distribution point that
  // names its issuer besides its own ones (6.3.3, end), unless one of those has a directoryName or is
  // malformed: the issuer then divides its CRLs by such names, and one of its own name is one part of many.
  Expected<Coverage, std::string> covered_by(const CrlHeader& crl) const;

 private:
  bool names_issuer(const x509::Name& issuer) const;
  bool excluded(const ScopeFlags& flags) const;
  bool is_partitioned() const;
  Reasons by_own_issuer(const Coverage& crl) const;
  Reasons by_distribution_point(const Coverage& crl, const DistributionPoint& point, bool own) const;

  const x509::Certificate& subject_;
  bool is_ca_;
  std::vector<DistributionPoint> points_;
  std::optional<std::string> malformed_;  // why points_ is not complete
};

}  // namespace jpki::crl
