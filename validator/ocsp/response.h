// SPDX-License-Identifier: LGPL-2.1-or-later
//
// OCSP responses (RFC 6960 4.2.1) as views into their bytes. Decoding says nothing about trust, time or the
// certificate that is meant.
#pragma once

#include "base/bytes.h"
#include "base/expected.h"
#include "base/time.h"
#include "validator/ocsp/cert_id.h"
#include "validator/x509/extensions.h"
#include "validator/x509/signed_object.h"

#include <optional>
#include <string>
#include <vector>

namespace jpki::ocsp {

// OCSPResponseStatus; 4 is not used.
enum class ResponseStatus {
  kSuccessful = 0,
  kMalformedRequest = 1,
  kInternalError = 2,
  kTryLater = 3,
  kSigRequired = 5,
  kUnauthorized = 6,
};

struct OcspResponse {
  ResponseStatus status;
  Bytes basic;  // DER BasicOCSPResponse; of kSuccessful alone
};

enum class Status { kGood, kRevoked, kUnknown };

inline constexpr std::uint64_t kCertificateHold = 6;  // CRLReason

struct SingleResponse {
  CertId id;
  Status status;
  std::optional<std::uint64_t> reason;  // CRLReason of a revoked one, if it is told
  Time this_update{};
  std::optional<Time> next_update;
  std::vector<x509::Extension> extensions;
};

struct ResponderId {
  enum class Kind { kByName, kByKey };
  Kind kind;
  Bytes value;  // DER Name, or the SHA-1 of the key's bits
};

struct BasicResponse {
  Bytes tbs;  // ResponseData with its header: what is signed
  x509::AlgorithmIdentifier algorithm;
  Bytes signature;
  std::vector<Bytes> certificates;  // DER, not yet decoded
  ResponderId responder;
  Time produced_at{};
  std::vector<SingleResponse> responses;
  std::vector<x509::Extension> extensions;
};

// More certificates than any responder has reason to embed would only cost verifications.
inline constexpr std::size_t kMaxCertificates = 8;

// Each decodes one DER value that fills its input. The errors name the field. Accepted although DER forbids
// it, because it says nothing else: a version that is written and is v1.
Expected<OcspResponse, std::string> decode_response(Bytes der);
Expected<BasicResponse, std::string> decode_basic_response(Bytes der);

}  // namespace jpki::ocsp
