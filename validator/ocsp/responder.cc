// SPDX-License-Identifier: LGPL-2.1-or-later
#include "validator/ocsp/responder.h"

#include "validator/ocsp/oids.h"

#include <algorithm>

namespace jpki::ocsp {
namespace {

using x509::Certificate;
using x509::SignatureError;

// How far a candidate came. Ascending: what is told is the last thing that was wrong with the best one.
enum class Step {
  kNobody,
  kIssuerName,
  kPurpose,
  kValidity,
  kKeyUsage,
  kExtensions,
  kCertificateSignature,
  kResponseSignature,
  kOwnStatus,
};

struct Failure {
  Step step;
  std::string clause;
};
using Checked = std::optional<Failure>;

// Extensions of an end entity whose critical form is processed here, or that bind nobody but its issuer.
constexpr std::string_view kProcessed[] = {
    x509::oid::kSubjectKeyIdentifier,
    x509::oid::kKeyUsage,
    x509::oid::kSubjectAltName,
    x509::oid::kIssuerAltName,
    x509::oid::kBasicConstraints,
    x509::oid::kExtendedKeyUsage,
    x509::oid::kCertificatePolicies,
    x509::oid::kCrlDistributionPoints,
    x509::oid::kAuthorityKeyIdentifier,
    x509::oid::kAuthorityInfoAccess,
    oid::kNoCheck,
};

template <class List>
bool contains(const List& list, std::string_view value) {
  return std::ranges::find(list, value) != std::end(list);
}

std::string told(const char* what, SignatureError error) {
  switch (error) {
    case SignatureError::kWeak:
      return std::string(what) + ": its algorithm or key is too weak";
    case SignatureError::kUnsupported:
      return std::string(what) + ": its algorithm is not supported";
    case SignatureError::kInvalid:
      return std::string(what) + ": it was not made with this key";
  }
  return what;
}

class SignerSearch {
 public:
  SignerSearch(const BasicResponse& response, const Certificate& issuer, const ResponderStatus& status,
               const x509::AlgorithmPolicy& algorithms, Time now)
      : response_(response), issuer_(issuer), status_(status), algorithms_(algorithms), now_(now) {}

  bool is_issuer() { return is_named(issuer_) && settle(verify_response(issuer_)); }
  bool is_delegate(const Certificate& candidate) {
    return is_named(candidate) && settle(check_delegate(candidate));
  }
  const std::string& clause() const { return furthest_.clause; }

 private:
  bool is_named(const Certificate& candidate) const;
  Checked check_delegate(const Certificate& candidate) const;
  Checked check_profile(const Certificate& candidate) const;
  Checked check_extensions(const Certificate& candidate) const;
  Checked verify_certificate(const Certificate& candidate) const;
  Checked verify_response(const Certificate& signer) const;
  Checked check_status(const Certificate& candidate) const;
  bool settle(const Checked& failure);

  const BasicResponse& response_;
  const Certificate& issuer_;
  const ResponderStatus& status_;
  const x509::AlgorithmPolicy& algorithms_;
  Time now_;
  Failure furthest_{Step::kNobody,
                    "RFC 6960 4.2.2.2: neither the CA nor a certificate at hand is the named responder"};
};

bool SignerSearch::is_named(const Certificate& candidate) const {
  if (response_.responder.kind == ResponderId::Kind::kByKey) {
    const Blob hash = digest(CertIdHash::kSha1, public_key_bits(candidate));
    return !hash.empty() && std::ranges::equal(response_.responder.value, hash);
  }
  if (std::ranges::equal(response_.responder.value, candidate.subject_der())) return true;
  const auto name = x509::decode_name(response_.responder.value);
  return name && !name->empty() && names_equal(*name, candidate.subject());
}

bool SignerSearch::settle(const Checked& failure) {
  if (!failure) return true;
  if (failure->step > furthest_.step) furthest_ = *failure;
  return false;
}

// Signatures last: what costs nothing is asked first.
Checked SignerSearch::check_delegate(const Certificate& candidate) const {
  if (auto failure = check_profile(candidate)) return failure;
  if (auto failure = check_extensions(candidate)) return failure;
  if (auto failure = verify_certificate(candidate)) return failure;
  if (auto failure = verify_response(candidate)) return failure;
  return check_status(candidate);
}

Checked SignerSearch::check_profile(const Certificate& candidate) const {
  if (!names_equal(candidate.issuer(), issuer_.subject()))
    return Failure{
        Step::kIssuerName,
        "RFC 6960 4.2.2.2: the responder's certificate was not issued by the certificate's issuer"};
  if (!contains(candidate.extended_key_usages(), oid::kOcspSigning))
    return Failure{Step::kPurpose,
                   "RFC 6960 4.2.2.2: the responder's certificate does not have id-kp-OCSPSigning"};
  if (now_ > candidate.not_after())
    return Failure{Step::kValidity, "RFC 5280 6.1.3(a)(2): the responder's certificate has expired"};
  if (now_ < candidate.not_before())
    return Failure{Step::kValidity, "RFC 5280 6.1.3(a)(2): the responder's certificate is not yet valid"};
  const auto usage = candidate.key_usage();
  if (usage && (*usage & x509::kDigitalSignature) == 0)
    return Failure{Step::kKeyUsage,
                   "RFC 5280 4.2.1.3: the responder's certificate has keyUsage without digitalSignature"};
  return std::nullopt;
}

Checked SignerSearch::check_extensions(const Certificate& candidate) const {
  for (const x509::Extension& extension : candidate.extensions())
    if (extension.critical && !contains(kProcessed, extension.oid))
      return Failure{
          Step::kExtensions,
          "RFC 5280 4.2: the responder's certificate has the unknown critical extension " + extension.oid};
  return std::nullopt;
}

Checked SignerSearch::verify_certificate(const Certificate& candidate) const {
  const auto verified =
      verify_signature(candidate.tbs(), candidate.signature(), candidate.signature_algorithm(),
                       candidate.signature_parameters(), issuer_.subject_public_key_info(), algorithms_);
  if (verified) return std::nullopt;
  return Failure{
      Step::kCertificateSignature,
      told("RFC 6960 4.2.2.2: the CA's signature of the responder's certificate", verified.error())};
}

Checked SignerSearch::verify_response(const Certificate& signer) const {
  const auto verified =
      verify_signature(response_.tbs, response_.signature, response_.algorithm.oid,
                       response_.algorithm.parameters, signer.subject_public_key_info(), algorithms_);
  if (verified) return std::nullopt;
  return Failure{Step::kResponseSignature,
                 told("RFC 6960 3.2(2): the responder's signature of the response", verified.error())};
}

Checked SignerSearch::check_status(const Certificate& candidate) const {
  const auto known = status_.check(candidate, issuer_, now_);
  if (known) return std::nullopt;
  const auto& [why, revoked] = known.error();
  if (revoked)
    return Failure{Step::kOwnStatus, "RFC 6960 4.2.2.2.1: the responder's certificate is revoked: " + why};
  if (candidate.extension(oid::kNoCheck) != nullptr) return std::nullopt;
  return Failure{Step::kOwnStatus,
                 "RFC 6960 4.2.2.2.1: the responder's certificate is not known to be good: " + why};
}

}  // namespace

Expected<Unit, std::string> check_signer(const BasicResponse& response, const Certificate& issuer,
                                         std::span<const Certificate> local_responders,
                                         const ResponderStatus& responder_status,
                                         const x509::AlgorithmPolicy& algorithms, Time now) {
  SignerSearch search(response, issuer, responder_status, algorithms, now);
  if (search.is_issuer()) return Unit{};
  for (const Bytes der : response.certificates) {
    // What does not decode cannot be the signer, and nobody vouches for what else lies there.
    const auto certificate = Certificate::decode(der);
    if (certificate && search.is_delegate(*certificate)) return Unit{};
  }
  for (const Certificate& certificate : local_responders)
    if (search.is_delegate(certificate)) return Unit{};
  return Unexpected{search.clause()};
}

}  // namespace jpki::ocsp
