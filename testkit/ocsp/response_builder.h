// SPDX-License-Identifier: LGPL-2.1-or-later
//
// ResponseBuilder: one OCSP response (RFC 6960 4.2) with full freedom, well-formed or not.
//
//   ResponseBuilder builder;
//   builder.responder_id = by_name(responder_name);  builder.produced_at = now;
//   builder.responses.push_back({.id = id, .this_update = now});
//   builder.certificates = {responder_certificate};
//   const Blob der = builder.sign(responder_key);
#pragma once

#include "base/time.h"
#include "testkit/ocsp/cert_id.h"
#include "testkit/pki/extensions.h"
#include "testkit/pki/signed_object.h"

#include <optional>
#include <string>
#include <vector>

namespace jpki::testocsp {

// CertStatus.
Blob good();
Blob revoked(Time when, std::optional<std::uint8_t> reason = std::nullopt);
Blob unknown();

struct SingleResponse {
  CertId id;
  Blob status = good();
  Time this_update{};
  std::optional<Time> next_update = std::nullopt;
  std::optional<Blob> times = std::nullopt;  // DER in place of the two above
  std::vector<testpki::Extension> extensions = {};
};

// ResponderID.
Blob by_name(Bytes name);
Blob by_key(Bytes key_hash);

// The Nonce extension, RFC 9654; `value` is what is inside the inner OCTET STRING.
testpki::Extension nonce_extension(Bytes value);

struct ResponseBuilder {
  std::uint8_t status = 0;  // OCSPResponseStatus
  std::string response_type = "1.3.6.1.5.5.7.48.1.1";
  std::optional<unsigned> version = std::nullopt;  // v1 is the default and left out
  Blob responder_id;
  Time produced_at{};
  std::optional<Blob> produced_at_der = std::nullopt;
  std::vector<SingleResponse> responses;
  std::vector<testpki::Extension> extensions;  // an empty list leaves the field out
  std::vector<Blob> certificates;              // an empty list leaves the field out
  testpki::SignatureOptions signature;         // inner_algorithm, when set, is what signatureAlgorithm says

  Blob sign(const testpki::PrivateKey& signer) const;
};

// An OCSPResponse with this status and without responseBytes.
Blob error_response(std::uint8_t status);

}  // namespace jpki::testocsp
