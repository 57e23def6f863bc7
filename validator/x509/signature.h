// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Signature verification by GnuTLS, with an algorithm policy of our own.
#pragma once

#include "base/bytes.h"
#include "base/expected.h"

#include <functional>
#include <string>

namespace jpki::x509 {

enum class SignatureError {
  kUnsupported,  // an algorithm nobody here knows, or one that does not fit the key
  kWeak,     // SHA-1, MD5, DSA, or an RSA key shorter than the policy allows; describe_weakness() says which
  kInvalid,  // the signature is not by this key over these bytes
};

struct AlgorithmPolicy {
  bool allow_sha1 = false;
  unsigned min_rsa_bits = 2048;
};

// Algorithms: RSA PKCS#1 v1.5, RSA-PSS (one hash for all, salt as long as the hash) and ECDSA with SHA-256,
// -384 or -512, Ed25519 and Ed448. SHA-1 (not PSS) only where the policy says so; MD2, MD4 and MD5 never; DSA
// never.
//
// Verifies `signature` over `data` with the key in the DER `subject_public_key_info`. `algorithm` is the
// dotted OID of the signature's AlgorithmIdentifier, `parameters` its DER parameters (RSA-PSS needs them).
Expected<Unit, SignatureError> verify_signature(Bytes data, Bytes signature, const std::string& algorithm,
                                                Bytes parameters, Bytes subject_public_key_info,
                                                const AlgorithmPolicy& policy);

// What is weak about a signature that was refused with kWeak: "SHA-1", "DSA", "RSA key of 1024 bits".
std::string describe_weakness(const std::string& algorithm, Bytes subject_public_key_info,
                              const AlgorithmPolicy& policy);

// What is signed, hashed at most once for however many keys are tried: for objects that are too large to be
// hashed for each. The algorithm rules are those of verify_signature().
class SignedData {
 public:
  // All views must outlive it. `progress` is told now and then how many bytes are hashed.
  SignedData(Bytes data, Bytes signature, const std::string& algorithm, Bytes parameters,
             const AlgorithmPolicy& policy, std::function<void(std::size_t)> progress = {});

  Expected<Unit, SignatureError> verify(Bytes subject_public_key_info);

 private:
  Bytes data_;
  Bytes signature_;
  const std::string& algorithm_;
  Bytes parameters_;
  AlgorithmPolicy policy_;
  std::function<void(std::size_t)> progress_;
  Blob digest_;  // empty: not hashed yet
};

// Would verify_signature() use this algorithm with this key under `policy`? Nothing is verified.
Expected<Unit, SignatureError> check_algorithm(const std::string& algorithm, Bytes parameters,
                                               Bytes subject_public_key_info, const AlgorithmPolicy& policy);

// Is the key one that verify_signature() would use under `policy`: RSA of enough bits (at most kMaxRsaBits,
// so that a verification stays cheap), P-256, P-384, P-521, Ed25519 or Ed448? Lets a weak card key be refused
// before the PIN.
inline constexpr unsigned kMaxRsaBits = 8192;
Expected<Unit, SignatureError> check_public_key(Bytes subject_public_key_info, const AlgorithmPolicy& policy);
// The same about a key that check_public_key() refused.
std::string describe_weak_key(Bytes subject_public_key_info);

// How a card signs a challenge with its key: PKCS#1 v1.5 for RSA; ECDSA with the hash of the curve's
// strength.
enum class ChallengeScheme { kRsaSha256, kEcdsaSha256, kEcdsaSha384 };
Expected<ChallengeScheme, SignatureError> challenge_scheme(Bytes subject_public_key_info);

// Verifies what the card signed under challenge_scheme(); ECDSA signatures as DER (r,s).
Expected<Unit, SignatureError> verify_challenge(Bytes challenge, Bytes signature,
                                                Bytes subject_public_key_info);

}  // namespace jpki::x509
