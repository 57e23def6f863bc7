// SPDX-License-Identifier: LGPL-2.1-or-later
//
// CertificateFields: what PKCS#11 objects say of a certificate (PKCS#11 v2.40, 4.6.3, 4.8), cut out of its
// DER. Nothing is judged here: who trusts a certificate decides that.
#pragma once

#include "base/bytes.h"

#include <optional>

namespace jpki::pkcs11 {

enum class KeyKind { kRsa, kP384, kOther };

// Views of the certificate, which must outlive them.
struct CertificateFields {
  Bytes serial;           // DER INTEGER
  Bytes issuer;           // DER Name
  Bytes subject;          // DER Name
  Bytes public_key_info;  // DER SubjectPublicKeyInfo
  KeyKind key = KeyKind::kOther;
  Bytes modulus;   // RSA: big-endian, no leading zero
  Bytes exponent;  // RSA
  Bytes curve;     // P-384: DER OBJECT IDENTIFIER (the ECParameters)
  Bytes point;     // P-384: the uncompressed point

  // Nothing when it is no certificate (RFC 5280, 4.1), or its key no key.
  static std::optional<CertificateFields> of(Bytes der);
};

// RSA: the bytes of the modulus; P-384: of r and s together.
std::size_t signature_size(const CertificateFields& fields);

// ECDSA: r and s, each of half that size, from what a card answers: that itself, or an Ecdsa-Sig-Value (RFC
// 5480 names it; RFC 3279, 2.2.3). Nothing when it is neither.
std::optional<Blob> plain_ecdsa_signature(Bytes answer);

}  // namespace jpki::pkcs11
