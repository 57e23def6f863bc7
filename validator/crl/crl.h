// SPDX-License-Identifier: LGPL-2.1-or-later
//
// A CRL (RFC 5280 5) as views into its bytes. decode_crl() looks at the header and at what follows the
// entries, never at the entries: it costs the same for ten and for a million. The entries are for
// crl_entries.h. Neither says anything about signature, freshness or scope.
#pragma once

#include "validator/crl/crl_view.h"
#include "validator/x509/signed_object.h"

namespace jpki::crl {

struct Crl {
  x509::SignedObject envelope;
  CrlHeader header;
  bool version_2 = false;  // version 1 has neither CRL nor entry extensions
  Bytes entries;           // contents of revokedCertificates; empty when absent
};

// Decodes one DER CertificateList that fills `der`, which must outlive the result. Accepted although RFC 5280
// forbids it, because CAs write it and it says nothing else: an empty revokedCertificates, a missing
// CRLNumber, a critical extension that should not be, an issuingDistributionPoint or deltaCRLIndicator that
// is not critical (it is obeyed all the same).
Expected<Crl, std::string> decode_crl(Bytes der);

}  // namespace jpki::crl
