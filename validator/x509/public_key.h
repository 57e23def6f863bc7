// SPDX-License-Identifier: LGPL-2.1-or-later
//
// The key inside a SubjectPublicKeyInfo, whatever its encoding: one RSA key can be written as rsaEncryption
// with or without parameters and for RSASSA-PSS. Who compares keys compares here; signature.h uses no key
// whose encoding is not known here, so no other spelling verifies anything.
#pragma once

#include "base/bytes.h"

namespace jpki::x509 {

// RSA (rsaEncryption with NULL or without parameters, id-RSASSA-PSS) as DER with a positive modulus and
// exponent, elliptic curves with a named curve and an uncompressed point, Ed25519 and Ed448 (RFC 3279 2.3,
// 4055 1.2, 5480 2, 8410 4).
bool is_known_key_encoding(Bytes subject_public_key_info);

// The same octets, or the same key in two known encodings.
bool same_public_key(Bytes subject_public_key_info, Bytes other);

// The key as most certificates have it: an RSA key as rsaEncryption with NULL; all others, and what is not
// known, as they are.
Blob usual_key_encoding(Bytes subject_public_key_info);

}  // namespace jpki::x509
