// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Statement: what one authentic CRL says about one certificate; conclude() is the decision over all of them:
// deltas with their bases, reasons, freshness (RFC 5280 5.2.4 and 6.3.3(c) to (l)).
#pragma once

#include "validator/crl/crl_check.h"
#include "validator/crl/crl_scope.h"

#include <vector>

namespace jpki::crl {

struct Statement {
  const CrlHeader& crl;
  Coverage coverage;            // of at least one reason
  Bytes key;                    // that signed the CRL
  std::optional<Reason> entry;  // for the certificate
  bool fresh;
};

// Revoked for good: neither on hold nor, in a delta, removed.
bool is_final(const std::optional<Reason>& entry);

// `problem`: why some other CRL that may have been meant for the certificate could not be used.
Finding conclude(const std::vector<Statement>& statements, const std::optional<std::string>& problem);

}  // namespace jpki::crl
