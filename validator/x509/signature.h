// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Signature verification by GnuTLS, with an algorithm policy of our own.
#pragma once

#include <string>

#include "base/bytes.h"
#include "base/expected.h"

namespace jpki::x509 {

enum class SignatureError {
  kUnsupported,  // an algorithm nobody here knows, or one that does not fit the key
  kWeak,         // SHA-1, MD5, or an RSA key shorter than the policy allows
  kInvalid,      // the signature is not by this key over these bytes
};

struct AlgorithmPolicy {
  bool allow_sha1 = false;
  unsigned min_rsa_bits = 2048;
};

// Verifies `signature` over `data` with the key in the DER `subject_public_key_info`. `algorithm` is the dotted
// OID of the signature's AlgorithmIdentifier, `parameters` its DER parameters (RSA-PSS needs them).
Expected<Unit, SignatureError> verify_signature(Bytes data, Bytes signature, const std::string& algorithm,
                                                Bytes parameters, Bytes subject_public_key_info,
                                                const AlgorithmPolicy& policy);

// What the card signed at login: PKCS#1 v1.5 over SHA-256 for RSA keys, ECDSA (DER r,s) with SHA-384 for P-384.
Expected<Unit, SignatureError> verify_challenge(Bytes challenge, Bytes signature, Bytes subject_public_key_info);

}  // namespace jpki::x509
