// SPDX-License-Identifier: LGPL-2.1-or-later
//
// The signed envelope that certificates and CRLs share: SEQUENCE { tbs, AlgorithmIdentifier, BIT STRING }.
#pragma once

#include "testkit/pki/private_key.h"

#include <optional>

namespace jpki::testpki {

struct SignatureOptions {
  Digest digest = Digest::kSha256;
  bool corrupt = false;  // flip the last bit of the signature
  // The AlgorithmIdentifier inside the tbs, when it is to differ from the outer one.
  std::optional<Blob> inner_algorithm = std::nullopt;
};

// The AlgorithmIdentifier that belongs into the tbs.
Blob inner_algorithm(const PrivateKey& key, const SignatureOptions& options);

Blob signed_object(Bytes tbs, const PrivateKey& key, const SignatureOptions& options = {});

}  // namespace jpki::testpki
