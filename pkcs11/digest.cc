// SPDX-License-Identifier: LGPL-2.1-or-later
#include "pkcs11/digest.h"

#include <nettle/nettle-meta.h>

namespace jpki::pkcs11 {
namespace {

const nettle_hash& hash_named(HashAlgorithm algorithm) {
  switch (algorithm) {
    case HashAlgorithm::kSha256:
      return nettle_sha256;
    case HashAlgorithm::kSha384:
      return nettle_sha384;
    case HashAlgorithm::kSha512:
      break;
  }
  return nettle_sha512;
}

// The last octet of id-sha256, id-sha384, id-sha512: 2.16.840.1.101.3.4.2.x
std::uint8_t arc_of(HashAlgorithm algorithm) {
  switch (algorithm) {
    case HashAlgorithm::kSha256:
      return 1;
    case HashAlgorithm::kSha384:
      return 2;
    case HashAlgorithm::kSha512:
      break;
  }
  return 3;
}

}  // namespace

Hash::Hash(HashAlgorithm algorithm) : hash_(&hash_named(algorithm)), context_(hash_->context_size) {
  hash_->init(context_.data());
}

void Hash::add(Bytes bytes) {
  hash_->update(context_.data(), bytes.size(), bytes.data());
}

Blob Hash::digest() {
  Blob digest(hash_->digest_size);
  hash_->digest(context_.data(), digest.size(), digest.data());
  return digest;
}

Blob digest_of(HashAlgorithm algorithm, Bytes bytes) {
  Hash hash(algorithm);
  hash.add(bytes);
  return hash.digest();
}

Blob digest_info(HashAlgorithm algorithm, Bytes digest) {
  const auto size = static_cast<std::uint8_t>(digest.size());
  Blob info = {0x30,
               static_cast<std::uint8_t>(size + 17),
               0x30,
               0x0D,
               0x06,
               0x09,
               0x60,
               0x86,
               0x48,
               0x01,
               0x65,
               0x03,
               0x04,
               0x02,
               arc_of(algorithm),
               0x05,
               0x00,
               0x04,
               size};
  append_bytes(info, digest);
  return info;
}

}  // namespace jpki::pkcs11
