// SPDX-License-Identifier: LGPL-2.1-or-later
//
// CrlView: one CRL as RFC 5280 6.3 looks at it, whether it is walked in its DER or looked up in a compiled
// index. It claims nothing: scope, freshness and whose key signed it are for crl_check.h.
#pragma once

#include "base/bytes.h"
#include "base/expected.h"
#include "base/time.h"
#include "validator/x509/name.h"
#include "validator/x509/signature.h"

#include <optional>
#include <string>

namespace jpki::crl {

// RFC 5280 5.3.1; 7 is not used.
enum class Reason : std::uint8_t {
  kUnspecified = 0,
  kKeyCompromise = 1,
  kCaCompromise = 2,
  kAffiliationChanged = 3,
  kSuperseded = 4,
  kCessationOfOperation = 5,
  kCertificateHold = 6,
  kRemoveFromCrl = 8,  // delta CRLs alone
  kPrivilegeWithdrawn = 9,
  kAaCompromise = 10,
};

// The CRL's fields and extensions, as views into bytes that outlive the CrlView.
struct CrlHeader {
  Bytes issuer_der;  // Name with its header
  Time this_update{};
  std::optional<Time> next_update;
  std::optional<Bytes> authority_key_identifier;
  std::optional<Bytes> crl_number;                  // contents of the INTEGER, at most 20 octets
  std::optional<Bytes> base_crl_number;             // deltaCRLIndicator: a delta CRL
  std::optional<Bytes> issuing_distribution_point;  // DER of the extension's value
  bool unknown_critical_extension = false;
};

class CrlView {
 public:
  virtual ~CrlView() = default;

  virtual const CrlHeader& header() const = 0;

  // Is it signed by this key, with an algorithm that `policy` allows?
  virtual Expected<Unit, x509::SignatureError> verify(Bytes subject_public_key_info,
                                                      const x509::AlgorithmPolicy& policy) const = 0;

  // The entry for the certificate with this serial (contents of the INTEGER) by this issuer; the issuer of an
  // entry is the CRL's, or in an indirect CRL that of the last certificateIssuer. Listed twice: the more
  // severe one. An error when any entry is malformed or carries an unknown critical extension: then the CRL
  // must not be used for any certificate (RFC 5280 5.3).
  virtual Expected<std::optional<Reason>, std::string> find(Bytes serial, const x509::Name& issuer) const = 0;
};

}  // namespace jpki::crl
