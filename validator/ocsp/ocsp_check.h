// SPDX-License-Identifier: LGPL-2.1-or-later
//
// OcspCheck: what an OCSP response says about one certificate (RFC 6960 3.2 and 4.2, RFC 9654). A pure
// function of bytes, rules and time; where the bytes come from (the network, a cache) is the caller's
// business.
//
// Who may sign: the key that signed the certificate, or a responder certificate that this very key issued
// with id-kp-OCSPSigning; never "any key below a trusted anchor".
#pragma once

#include "base/expected.h"
#include "base/time.h"
#include "base/verdict.h"
#include "validator/ocsp/response.h"
#include "validator/x509/certificate.h"
#include "validator/x509/signature.h"

#include <chrono>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace jpki::ocsp {

inline constexpr std::size_t kMaxResponseSize = 64 * 1024;

struct OcspPolicy {
  std::chrono::seconds max_age{std::chrono::minutes(15)};  // since thisUpdate, whatever nextUpdate says (R8)
  // When the response was asked for, or taken out of a cache: whether it is stale is judged as of then, for
  // it does not age while a person types. Nothing: at `now`.
  std::optional<Time> asked_at = std::nullopt;
  std::chrono::seconds clock_skew{std::chrono::minutes(5)};  // either way
  bool require_nonce = false;                                // a response without ours is refused
  x509::AlgorithmPolicy algorithms = {};
  // Whose key may sign, or delegate, in place of the certificate's issuer: a signing authority by local
  // configuration (RFC 6960 4.2.2.2), as a validation server has one. Must outlive the check.
  const x509::Certificate* authority = nullptr;
  // A single extension, dotted, that the caller understands: it may be critical, and the answer has its
  // value. Empty: none.
  std::string_view single_extension = {};
};

// Responder certificates need a status of their own. With id-pkix-ocsp-nocheck (4.2.2.2.1) it is enough that
// nothing at hand calls them revoked: the CA may know better since it issued them.
struct ResponderDoubt {
  std::string why;
  bool revoked = false;  // otherwise nothing is known
};
class ResponderStatus {
 public:
  virtual ~ResponderStatus() = default;
  // Is `responder`, issued by `issuer`, known to be good at `now`?
  virtual Expected<Unit, ResponderDoubt> check(const x509::Certificate& responder,
                                               const x509::Certificate& issuer, Time now) const = 0;
};

// What an answer has of OcspPolicy::single_extension. An extension of the whole response is none of these.
struct Carried {
  bool one_statement = false;      // about the certificate; of several, one might contradict another
  std::optional<Blob> value = {};  // what extnValue holds; nothing: it is not there

  bool operator==(const Carried&) const = default;
};

struct Answer {
  Status status;
  Time this_update{};
  std::optional<Time> next_update;
  Time produced_at{};
  std::string clause;  // for the log: "RFC 6960 2.2: revoked, reason 1"; no personal data
  bool nonce_matched = false;
  bool on_hold =
      false;  // kRevoked for now (certificateHold, as JPKI suspends a lost card): nothing to remember
  Carried carried = {};
};

// Why a response says nothing: kRevocationUnknown (an error status of the responder, another certificate, the
// status "unknown" is an Answer), kRevocationStale, or kRevocationInvalid (malformed, not by an authorised
// responder, nonce of somebody else).
struct OcspError {
  Verdict verdict;
  std::string clause;
  Time this_update{};  // of kRevocationStale
};

// `nonce`: what our request carried; empty for a response out of a cache. `local_responders`: certificates of
// responders that do not embed theirs. Several SingleResponses for the certificate: any revoked wins, then
// any unknown.
//
// Revoked for good (any reason but certificateHold) is answered however old the statement is, whatever its
// nonce: it stays true, and to pass it over would let a weaker source call the certificate good. All else
// must be fresh, and a nonce that is not ours refuses it even where none is required. With require_nonce an
// empty `nonce` is refused: evidence out of a cache is checked under a policy without it.
Expected<Answer, OcspError> check_response(Bytes response, const x509::Certificate& subject,
                                           const x509::Certificate& issuer, Bytes nonce,
                                           std::span<const x509::Certificate> local_responders,
                                           const ResponderStatus& responder_status, const OcspPolicy& policy,
                                           Time now);

}  // namespace jpki::ocsp
