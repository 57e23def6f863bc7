// SPDX-License-Identifier: LGPL-2.1-or-later
//
// DistributionPoint (RFC 5280 4.2.1.13) and IssuingDistributionPoint (5.2.5): which CRL is meant for which
// certificate, 6.3.3(b)(2).
#pragma once

#include "base/expected.h"
#include "validator/x509/general_name.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace jpki::crl {

// A set of ReasonFlags, bit n as 1 << n; bit 0 is not used.
using Reasons = std::uint16_t;
inline constexpr Reasons kAllReasons = 0x01fe;  // keyCompromise (1) to aACompromise (8)

// At least one of `name` and `crl_issuer` is there. A nameRelativeToCRLIssuer has been made complete.
struct DistributionPoint {
  std::optional<x509::GeneralNames> name;
  Reasons reasons = kAllReasons;
  std::optional<std::vector<x509::Name>> crl_issuer;  // by this one, and indirect
};

struct ScopeFlags {
  bool only_user_certificates = false;
  bool only_ca_certificates = false;
  Reasons reasons = kAllReasons;
  bool indirect = false;
  bool only_attribute_certificates = false;
  bool operator==(const ScopeFlags&) const = default;
};

struct IssuingDistributionPoint {
  std::optional<x509::GeneralNames> name;
  ScopeFlags flags;
};

// The directoryNames of the contents of GeneralNames: only those can name a CRL's or a certificate's issuer.
// Views point into it.
Expected<std::vector<x509::Name>, std::string> decode_directory_names(Bytes contents);

// Do they have a name in common?
bool names_overlap(const x509::GeneralNames& a, const x509::GeneralNames& b);

// The certificate's; a relative name is relative to the cRLIssuer, or without one to `certificate_issuer`.
// The results' views point into `der`; their names are copies of that issuer's views where a relative name
// was completed.
Expected<DistributionPoint, std::string> decode_distribution_point(Bytes der,
                                                                   const x509::Name& certificate_issuer);

// The CRL's; `crl_issuer` is what a relative name is relative to.
Expected<IssuingDistributionPoint, std::string> decode_issuing_distribution_point(
    Bytes der, const x509::Name& crl_issuer);
// The same without a look into the name.
Expected<ScopeFlags, std::string> decode_scope_flags(Bytes der);

// RFC 5280 6.3.3(c)(2): the scope of a delta CRL and that of its base are the same.
bool same_scope(const IssuingDistributionPoint& a, const IssuingDistributionPoint& b);

}  // namespace jpki::crl
