// SPDX-License-Identifier: LGPL-2.1-or-later
//
// CertID: which certificate is meant (RFC 6960 4.1.1).
#pragma once

#include "base/bytes.h"
#include "validator/x509/certificate.h"
#include "validator/x509/signed_object.h"

#include <optional>

namespace jpki::ocsp {

enum class CertIdHash { kSha1, kSha256 };  // RFC 5019 2.1.1 and RFC 9919: SHA-1 is what old responders know

struct CertId {
  x509::AlgorithmIdentifier hash_algorithm;
  Bytes issuer_name_hash;
  Bytes issuer_key_hash;
  Bytes serial;  // contents of the INTEGER
};

// Decodes one CertID with its header; the views point into `der`.
std::optional<CertId> decode_cert_id(Bytes der);

// Nothing: a hash that nobody here knows.
std::optional<CertIdHash> hash_of(const CertId& id);

// Does every field name `subject`, issued by the key of `issuer`? SHA-1 and SHA-256 are known; under any
// other hash nothing is named.
bool identifies(const CertId& id, const x509::Certificate& subject, const x509::Certificate& issuer);

// Empty when the digest cannot be made.
Blob digest(CertIdHash hash, Bytes data);

// The bits of subjectPublicKey: what issuerKeyHash and KeyHash are made of. Empty when malformed.
Bytes public_key_bits(const x509::Certificate& certificate);

}  // namespace jpki::ocsp
