// SPDX-License-Identifier: LGPL-2.1-or-later
//
// A CRL (RFC 5280 5) as views into its bytes. decode_crl() looks at the header and at what follows the
// entries, never at the entries: it costs the same for ten and for a million. find_entry() walks them once,
// in constant memory. Neither says anything about signature, freshness or scope.
#pragma once

#include "base/bytes.h"
#include "base/expected.h"
#include "base/time.h"
#include "validator/x509/signed_object.h"

#include <optional>
#include <string>

namespace jpki::crl {

struct Crl {
  x509::SignedObject envelope;
  Bytes issuer_der;  // Name with its header
  Time this_update{};
  std::optional<Time> next_update;
  Bytes entries;  // contents of revokedCertificates; empty when absent
  std::optional<Bytes> authority_key_identifier;
  std::optional<Bytes> issuing_distribution_point;  // DER of the extension's value
  bool is_delta = false;
  bool unknown_critical_extension = false;
};

// Decodes one DER CertificateList that fills `der`, which must outlive the result. A version 1 CRL has no
// extensions.
Expected<Crl, std::string> decode_crl(Bytes der);

enum class EntryStatus {
  kNotListed,
  kRevoked,
  kOnHold,  // certificateHold: revoked for now
};

// Looks for `serial` (contents of the INTEGER) in the whole list. An error when any entry is malformed,
// carries a critical extension that is not known, or one that belongs to delta or indirect CRLs alone: such a
// CRL must not be used for any certificate (RFC 5280 5.3). Listed twice: the more severe status.
Expected<EntryStatus, std::string> find_entry(const Crl& crl, Bytes serial);

}  // namespace jpki::crl
