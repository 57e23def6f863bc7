// SPDX-License-Identifier: LGPL-2.1-or-later
#include "testkit/pki/signed_object.h"

#include "testkit/pki/der_writer.h"

namespace jpki::testpki {

Blob inner_algorithm(const PrivateKey& key, const SignatureOptions& options) {
  return options.inner_algorithm.value_or(key.signature_algorithm(options.digest));
}

Blob signed_object(Bytes tbs, const PrivateKey& key, const SignatureOptions& options) {
  Blob signature = key.sign(tbs, options.digest);
  if (options.corrupt) signature.back() ^= 1;
  return der::sequence({tbs, key.signature_algorithm(options.digest), der::bit_string(signature)});
}

}  // namespace jpki::testpki
