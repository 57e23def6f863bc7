// SPDX-License-Identifier: LGPL-2.1-or-later
//
// DistributionPoint (RFC 5280 4.2.1.13) and IssuingDistributionPoint (5.2.5): which CRL is meant for which
// certificate, 6.3.3(b)(2).
#pragma once

#include "base/expected.h"
#include "validator/x509/name.h"

#include <optional>
#include <string>
#include <vector>

namespace jpki::crl {

struct DistributionPointName {
  std::vector<x509::Name> directory_names;  // also a nameRelativeToCRLIssuer, made complete
  std::vector<Bytes> other_names;           // GeneralNames with their headers, compared by bytes
};

// Do they have a name in common?
bool names_overlap(const DistributionPointName& a, const DistributionPointName& b);

struct DistributionPoint {
  std::optional<DistributionPointName> name;
  bool some_reasons = false;
  bool other_issuer = false;  // has a cRLIssuer: an indirect CRL
};

struct IssuingDistributionPoint {
  std::optional<DistributionPointName> name;
  bool only_user_certificates = false;
  bool only_ca_certificates = false;
  bool some_reasons = false;
  bool indirect = false;
  bool only_attribute_certificates = false;
};

// `issuer` is the CRL's issuer, what a relative name is relative to. The results' views point into `der`;
// their names are copies of `issuer`'s views where a relative name was completed.
Expected<DistributionPoint, std::string> decode_distribution_point(Bytes der, const x509::Name& issuer);
Expected<IssuingDistributionPoint, std::string> decode_issuing_distribution_point(Bytes der,
                                                                                  const x509::Name& issuer);

}  // namespace jpki::crl
