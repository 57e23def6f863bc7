// SPDX-License-Identifier: LGPL-2.1-or-later
#include "validator/ocsp/ocsp_check.h"

#include "validator/asn1/der_reader.h"
#include "validator/ocsp/oids.h"
#include "validator/ocsp/responder.h"

#include <algorithm>

namespace jpki::ocsp {
namespace {

using x509::Certificate;
using x509::Extension;

OcspError invalid(std::string clause) {
  return {Verdict::kRevocationInvalid, std::move(clause)};
}
OcspError stale(std::string clause, const SingleResponse& single) {
  return {Verdict::kRevocationStale, std::move(clause), single.this_update};
}
OcspError unknown(std::string clause) {
  return {Verdict::kRevocationUnknown, std::move(clause)};
}

// RFC 6960 2.3.
OcspError refused(ResponseStatus status) {
  switch (status) {
    case ResponseStatus::kSuccessful:
      break;
    case ResponseStatus::kMalformedRequest:
      return unknown(
          "RFC 6960 2.3: the responder says malformedRequest; try the other CertID hash, or no nonce");
    case ResponseStatus::kInternalError:
      return unknown("RFC 6960 2.3: the responder says internalError; ask its operator, or another one");
    case ResponseStatus::kTryLater:
      return unknown("RFC 6960 2.3: the responder says tryLater");
    case ResponseStatus::kSigRequired:
      return unknown("RFC 6960 2.3: the responder says sigRequired; requests are not signed here");
    case ResponseStatus::kUnauthorized:
      return unknown(
          "RFC 6960 2.3: the responder says unauthorized; it may not answer for this CA, or not to this "
          "machine");
  }
  return invalid("responseStatus");
}

// Response extensions, and the CRL entry extensions that RFC 6960 4.4.5 takes over: they add to an answer,
// nothing of what they say changes it.
constexpr std::string_view kResponseExtensions[] = {oid::kNonce, oid::kExtendedRevoke};
constexpr std::string_view kSingleExtensions[] = {x509::oid::kReasonCode, x509::oid::kInvalidityDate};

// `also`: understood by the caller; empty: none.
const Extension* unknown_critical(const std::vector<Extension>& extensions,
                                  std::span<const std::string_view> known, std::string_view also = {}) {
  const auto found = std::ranges::find_if(extensions, [&](const Extension& extension) {
    return extension.critical && std::ranges::find(known, extension.oid) == known.end() &&
           extension.oid != also;
  });
  return found == extensions.end() ? nullptr : &*found;
}

enum class Nonce { kAbsent, kOurs, kOther };

Nonce nonce_of(const BasicResponse& response, Bytes sent) {
  const auto found = std::ranges::find(response.extensions, oid::kNonce, &Extension::oid);
  if (found == response.extensions.end()) return Nonce::kAbsent;
  const auto value = asn1::read_only(found->value, asn1::kOctetString);
  return value && std::ranges::equal(*value, sent) ? Nonce::kOurs : Nonce::kOther;
}

std::optional<OcspError> check_nonce(Nonce nonce, Bytes sent, const OcspPolicy& policy) {
  if (nonce == Nonce::kOther && !sent.empty())
    return invalid("RFC 9654 2.1: the nonce is not the one that was sent; this answers another request");
  if (nonce != Nonce::kOurs && policy.require_nonce)
    return invalid("RFC 9654 2.1: the answer has no nonce, and the rule requires one");
  return std::nullopt;
}

// RFC 6960 3.2(5), 3.2(6), 4.2.2.1. producedAt is when the response was signed, thisUpdate when the status
// was last known to be true: nobody signs what he will know later.
std::optional<OcspError> check_times(const BasicResponse& response, const SingleResponse& single,
                                     const OcspPolicy& policy, Time now) {
  if (single.this_update > now + policy.clock_skew)
    return invalid("RFC 6960 4.2.2.1: thisUpdate is in the future; check the clock");
  if (response.produced_at > now + policy.clock_skew)
    return invalid("RFC 6960 2.4: producedAt is in the future; check the clock");
  if (response.produced_at + policy.clock_skew < single.this_update)
    return invalid("RFC 6960 2.4: producedAt is before thisUpdate");
  if (single.next_update && *single.next_update < single.this_update)
    return invalid("RFC 6960 2.4: nextUpdate is before thisUpdate");
  const Time asked = policy.asked_at.value_or(now);
  if (single.next_update && *single.next_update + policy.clock_skew < asked)
    return stale("RFC 6960 4.2.2.1: nextUpdate has passed", single);
  if (asked - single.this_update > policy.max_age + policy.clock_skew)
    return stale("RFC 6960 3.2(5): thisUpdate is longer ago than max_age allows", single);
  return std::nullopt;
}

bool revokes_for_good(const SingleResponse& single) {
  return single.status == Status::kRevoked && single.reason != kCertificateHold;
}

std::string clause_of(const SingleResponse& single) {
  switch (single.status) {
    case Status::kGood:
      return "RFC 6960 2.2: good";
    case Status::kUnknown:
      return "RFC 6960 2.2: unknown; the responder does not know the certificate";
    case Status::kRevoked:
      return "RFC 6960 2.2: revoked, " +
             (single.reason ? "reason " + std::to_string(*single.reason) : std::string("no reason given"));
  }
  return {};
}

Answer answer_of(const BasicResponse& response, const SingleResponse& single, Nonce nonce) {
  return {single.status,
          single.this_update,
          single.next_update,
          response.produced_at,
          clause_of(single),
          nonce == Nonce::kOurs,
          single.status == Status::kRevoked && single.reason == kCertificateHold};
}

// good < unknown < revoked: of several statements the one that lets nobody in is believed.
int severity(Status status) {
  switch (status) {
    case Status::kGood:
      return 0;
    case Status::kUnknown:
      return 1;
    case Status::kRevoked:
      return 2;
  }
  return 2;
}

// Is `a` to be believed rather than `b`?
bool outweighs(const SingleResponse& a, const SingleResponse& b) {
  if (severity(a.status) != severity(b.status)) return severity(a.status) > severity(b.status);
  return a.this_update > b.this_update;
}

using Statements = std::vector<const SingleResponse*>;

Expected<Answer, OcspError> weigh(const BasicResponse& response, const Statements& statements, Bytes sent,
                                  const OcspPolicy& policy, Time now) {
  const Nonce nonce = sent.empty() ? Nonce::kAbsent : nonce_of(response, sent);
  for (const SingleResponse* single : statements)
    if (revokes_for_good(*single)) return answer_of(response, *single, nonce);
  if (auto error = check_nonce(nonce, sent, policy)) return Unexpected{std::move(*error)};
  const SingleResponse* best = nullptr;
  std::optional<OcspError> too_old;
  for (const SingleResponse* single : statements) {
    if (auto error = check_times(response, *single, policy, now)) {
      if (error->verdict != Verdict::kRevocationStale) return Unexpected{std::move(*error)};
      too_old = std::move(error);
    } else if (best == nullptr || outweighs(*single, *best)) {
      best = single;
    }
  }
  if (best == nullptr) return Unexpected{std::move(*too_old)};
  return answer_of(response, *best, nonce);
}

std::optional<OcspError> check_extensions(const BasicResponse& response, const Statements& statements,
                                          const OcspPolicy& policy) {
  if (const Extension* extension = unknown_critical(response.extensions, kResponseExtensions))
    return invalid("RFC 6960 4.4: unknown critical response extension " + extension->oid);
  for (const SingleResponse* single : statements)
    if (const Extension* extension =
            unknown_critical(single->extensions, kSingleExtensions, policy.single_extension))
      return invalid("RFC 6960 4.4: unknown critical single extension " + extension->oid);
  return std::nullopt;
}

Carried carried_by(const Statements& statements, const OcspPolicy& policy) {
  Carried carried{.one_statement = statements.size() == 1};
  if (policy.single_extension.empty() || !carried.one_statement) return carried;
  const auto& extensions = statements.front()->extensions;
  const auto found = std::ranges::find(extensions, policy.single_extension, &Extension::oid);
  if (found != extensions.end()) carried.value = to_blob(found->value);
  return carried;
}

}  // namespace

Expected<Answer, OcspError> check_response(Bytes response, const Certificate& subject,
                                           const Certificate& issuer, Bytes nonce,
                                           std::span<const Certificate> local_responders,
                                           const ResponderStatus& responder_status, const OcspPolicy& policy,
                                           Time now) {
  if (response.size() > kMaxResponseSize) return Unexpected{invalid("OCSPResponse: too large")};
  const auto envelope = decode_response(response);
  if (!envelope) return Unexpected{invalid("RFC 6960 4.2.1: " + envelope.error())};
  if (envelope->status != ResponseStatus::kSuccessful) return Unexpected{refused(envelope->status)};
  const auto basic = decode_basic_response(envelope->basic);
  if (!basic) return Unexpected{invalid("RFC 6960 4.2.1: " + basic.error())};

  Statements statements;
  for (const SingleResponse& single : basic->responses)
    if (identifies(single.id, subject, issuer)) statements.push_back(&single);
  if (statements.empty())
    return Unexpected{unknown("RFC 6960 3.2(1): the response is not about this certificate")};
  const auto signer = check_signer(*basic, policy.authority != nullptr ? *policy.authority : issuer,
                                   local_responders, responder_status, policy.algorithms, now);
  if (!signer) return Unexpected{invalid(signer.error())};
  if (auto error = check_extensions(*basic, statements, policy)) return Unexpected{std::move(*error)};
  auto answer = weigh(*basic, statements, nonce, policy, now);
  if (answer) answer->carried = carried_by(statements, policy);
  return answer;
}

}  // namespace jpki::ocsp
