// SPDX-License-Identifier: LGPL-2.1-or-later
//
// SHA-2 (nettle), and the DigestInfo of PKCS#1 v1.5 (RFC 8017, 9.2).
#pragma once

#include "base/bytes.h"

#include <optional>

struct nettle_hash;

namespace jpki::pkcs11 {

enum class HashAlgorithm { kSha256, kSha384, kSha512 };

class Hash {
 public:
  explicit Hash(HashAlgorithm algorithm);
  void add(Bytes bytes);
  Blob digest();  // and begins anew

 private:
  const nettle_hash* hash_;
  Blob context_;
};

Blob digest_of(HashAlgorithm algorithm, Bytes bytes);

// DER of DigestInfo around that digest.
Blob digest_info(HashAlgorithm algorithm, Bytes digest);

}  // namespace jpki::pkcs11
