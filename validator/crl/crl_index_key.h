// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Under which keys a CRL is filed in the index, and under which the CRLs of a certificate are looked for. The
// keys only narrow the choice: whether a CRL covers a certificate is crl_check.h's to say.
#pragma once

#include "base/expected.h"
#include "validator/crl/crl_view.h"
#include "validator/x509/certificate.h"
#include "validator/x509/digest.h"

#include <vector>

namespace jpki::crl {

using LookupKey = std::uint64_t;

// One key for each name of the distribution point, or one for a CRL without; the CRL's issuer is in all of
// them. Sorted, each once.
Expected<std::vector<LookupKey>, std::string> lookup_keys(const CrlHeader& header);

// The keys of every CRL that may cover the certificate: by its issuer or a cRLIssuer it names, for one of its
// distribution points or for none (RFC 5280 6.3.3). Distribution points that cannot be read have none.
std::vector<LookupKey> lookup_keys(const x509::Certificate& certificate);

// SHA-256 of a name as RFC 5280 7.1 compares it: equal names, equal digests.
x509::Sha256 name_digest(const x509::Name& name);

// What the CRLs that replace each other have in common: issuer, key, scope, and whether they are deltas.
Expected<x509::Sha256, std::string> series_of(const CrlHeader& header, const x509::Sha256& signer_key);

}  // namespace jpki::crl
