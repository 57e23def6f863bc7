// SPDX-License-Identifier: LGPL-2.1-or-later
#include "testkit/ocsp/cert_id.h"

#include "testkit/ocsp/der_parser.h"

#include <cstdlib>

#include <gnutls/crypto.h>
#include <gnutls/gnutls.h>

namespace jpki::testocsp {

namespace der = testpki::der;
using testpki::Digest;

Blob digest_of(Digest digest, Bytes data) {
  const auto algorithm = digest == Digest::kMd5    ? GNUTLS_DIG_MD5
                         : digest == Digest::kSha1 ? GNUTLS_DIG_SHA1
                                                   : GNUTLS_DIG_SHA256;
  Blob out(gnutls_hash_get_len(algorithm));
  if (gnutls_hash_fast(algorithm, data.data(), data.size(), out.data()) < 0) std::abort();
  return out;
}

const char* digest_oid(Digest digest) {
  switch (digest) {
    case Digest::kMd5:
      return "1.2.840.113549.2.5";
    case Digest::kSha1:
      return "1.3.14.3.2.26";
    case Digest::kSha256:
    case Digest::kSha384:
    case Digest::kSha512:
      return "2.16.840.1.101.3.4.2.1";
  }
  std::abort();
}

CertId cert_id(Digest digest, Bytes issuer_name, Bytes issuer_key, Bytes serial) {
  return {digest_oid(digest), der::null(), digest_of(digest, issuer_name),
          digest_of(digest, public_key_bits(issuer_key)), to_blob(serial)};
}

Blob encode(const CertId& id) {
  return der::sequence({der::sequence({der::oid(id.hash), id.hash_parameters}),
                        der::octet_string(id.issuer_name_hash), der::octet_string(id.issuer_key_hash),
                        der::raw_integer(id.serial)});
}

}  // namespace jpki::testocsp
