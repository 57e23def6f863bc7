// SPDX-License-Identifier: LGPL-2.1-or-later
//
// The signed envelope that certificates and CRLs share: SEQUENCE { tbs, AlgorithmIdentifier, BIT STRING }
// (RFC 5280 4.1.1 and 5.1.1).
#pragma once

#include "base/bytes.h"
#include "base/expected.h"

#include <optional>
#include <string>

namespace jpki::x509 {

struct AlgorithmIdentifier {
  std::string oid;   // dotted
  Bytes parameters;  // DER; empty when absent
};

// Decodes one AlgorithmIdentifier with its header.
std::optional<AlgorithmIdentifier> decode_algorithm(Bytes der);

struct SignedObject {
  Bytes tbs;           // with its header: what is signed
  Bytes tbs_contents;  // without
  Bytes algorithm_der;
  AlgorithmIdentifier algorithm;
  Bytes signature;  // empty when the bits are no whole octets: then it is nobody's
};

// Decodes an envelope that fills `der`; looks at no more than the headers, whatever the size. The views point
// into `der`.
Expected<SignedObject, std::string> decode_signed_object(Bytes der);

}  // namespace jpki::x509
