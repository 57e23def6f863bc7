// SPDX-License-Identifier: LGPL-2.1-or-later
//
// PrivateKey: a test key that follows from a seed text, with the same nettle on every machine. Whoever knows
// the seed has the key: never for anything but tests and rehearsals.
// GnuTLS can only fail here when memory is out or a caller asks for nonsense: the process ends with its
// message.
#pragma once

#include "base/bytes.h"

#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace jpki::testpki {

enum class Digest { kMd5, kSha1, kSha256, kSha384, kSha512 };

class PrivateKey {
 public:
  static PrivateKey rsa(std::string_view seed, unsigned bits = 2048);
  static PrivateKey p384(std::string_view seed);
  // What pkcs8_pem() wrote; nothing when it is something else.
  static std::optional<PrivateKey> from_pem(std::string_view pem);

  PrivateKey(PrivateKey&&) noexcept;
  PrivateKey& operator=(PrivateKey&&) noexcept;
  ~PrivateKey();

  bool is_rsa() const;
  Blob subject_public_key_info() const;  // DER, with its header
  Blob key_identifier() const;           // SHA-1 of the subjectPublicKey bits: RFC 5280 4.2.1.2 (1)
  std::string pkcs8_pem() const;         // unencrypted

  // PKCS#1 v1.5 for RSA, DER (r,s) with the nonce of RFC 6979 for P-384: equal input, equal signature.
  Blob sign(Bytes data, Digest digest) const;
  // The AlgorithmIdentifier of sign().
  Blob signature_algorithm(Digest digest) const;

 private:
  struct Handle;
  explicit PrivateKey(std::unique_ptr<Handle> handle);
  std::unique_ptr<Handle> handle_;
};

}  // namespace jpki::testpki
