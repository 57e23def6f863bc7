// SPDX-License-Identifier: LGPL-2.1-or-later
//
// What an OCSPRequest asks (RFC 6960 4.1).
#pragma once

#include "testkit/ocsp/cert_id.h"

#include <optional>
#include <vector>

namespace jpki::testocsp {

struct OcspRequest {
  std::vector<CertId> ids;
  std::optional<Blob> nonce;  // what is inside the inner OCTET STRING
};

// Nothing when it is malformed; unknown extensions are passed over.
std::optional<OcspRequest> read_request(Bytes der);

}  // namespace jpki::testocsp
