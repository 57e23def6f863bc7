// SPDX-License-Identifier: LGPL-2.1-or-later
//
// CertificatePolicies (RFC 5280 4.2.1.4): which policies, and whether everything said about them is
// understood.
#pragma once

#include "base/bytes.h"

#include <optional>
#include <string>
#include <vector>

namespace jpki::x509 {

struct CertificatePolicies {
  std::vector<std::string> policies;  // dotted OIDs
  // Each qualifier is a cPSuri or a userNotice, and well-formed: else a critical extension is to be refused.
  bool qualifiers_known = true;
};

// Decodes the value of the extension. Malformed is also: no policy, a policy twice, more than
// kMaxCertificatePolicies.
inline constexpr std::size_t kMaxCertificatePolicies = 512;
std::optional<CertificatePolicies> decode_certificate_policies(Bytes value);

}  // namespace jpki::x509
