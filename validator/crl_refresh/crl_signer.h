// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Whose signature is on a CRL: an anchor that serves revocation data (R4: be it its only function), or a CA
// certificate whose path ends at one, or an anchor of validation servers, for its own delegates. Anchors
// count before their accept_from: their CRLs are there when the first card is. What the CRL means for a
// certificate is decided at each login anew.
#pragma once

#include "validator/crl/crl.h"
#include "validator/crl_refresh/problem.h"
#include "validator/trust/trust_store.h"
#include "validator/x509/digest.h"
#include "validator/x509/signature.h"

#include <functional>
#include <span>

namespace jpki::crl_refresh {

struct SignerRules {
  const trust::TrustStore& anchors;
  std::span<const x509::Certificate> intermediates;  // untrusted
  x509::AlgorithmPolicy algorithms = {};
};

// SHA-256 of the SubjectPublicKeyInfo that verifies the CRL. RFC 5280 6.3.3(f), (g): the signer's name is the
// CRL's issuer, its keyUsage, if there is one, has cRLSign. The CRL is hashed once, however many may be it.
// Of several certificates of one name and key, any that may sign will do. One of a retired generation is
// refused with kNoProblem.
Expected<x509::Sha256, Report::Line> verify_signer(const crl::Crl& crl, const SignerRules& rules, Time now,
                                                   const std::function<void(std::size_t)>& progress);

}  // namespace jpki::crl_refresh
