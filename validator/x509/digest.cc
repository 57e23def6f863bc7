// SPDX-License-Identifier: LGPL-2.1-or-later
#include "validator/x509/digest.h"

#include <cstdlib>

#include <gnutls/crypto.h>

namespace jpki::x509 {

Sha256 sha256(Bytes bytes) {
  Sha256 digest;
  // Fails for an unknown algorithm alone; an all-zero digest must never pass for one.
  if (gnutls_hash_fast(GNUTLS_DIG_SHA256, bytes.data(), bytes.size(), digest.data()) != 0) std::abort();
  return digest;
}

}  // namespace jpki::x509
