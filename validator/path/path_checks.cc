// SPDX-License-Identifier: LGPL-2.1-or-later
#include "validator/path/path_checks.h"

#include "validator/x509/signature.h"

#include <algorithm>

namespace jpki::path {
namespace {

using namespace x509;

using Refusal = std::optional<PathError>;

PathError refuse(Verdict verdict, const std::string& clause, std::size_t depth) {
  return {verdict, clause + ", depth " + std::to_string(depth), {}};
}

// Extensions whose critical form this version processes, or that bind nobody but the issuer.
constexpr std::string_view kProcessed[] = {
    oid::kSubjectKeyIdentifier,   oid::kKeyUsage,
    oid::kSubjectAltName,         oid::kIssuerAltName,
    oid::kBasicConstraints,       oid::kExtendedKeyUsage,
    oid::kCertificatePolicies,    oid::kCrlDistributionPoints,
    oid::kAuthorityKeyIdentifier, oid::kAuthorityInfoAccess,
};
// Constraints on the rest of the path, critical or not: to ignore them would be to accept too much.
constexpr std::string_view kRefused[] = {
    oid::kNameConstraints,
    oid::kPolicyMappings,
    oid::kPolicyConstraints,
    oid::kInhibitAnyPolicy,
};

template <class List>
bool contains(const List& list, std::string_view value) {
  return std::ranges::find(list, value) != std::end(list);
}

Refusal check_validity(const Certificate& certificate, std::size_t depth, Time now) {
  if (now > certificate.not_after())
    return refuse(Verdict::kCertificateExpired, "RFC 5280 6.1.3(a)(2): notAfter is past", depth);
  if (now < certificate.not_before())
    return refuse(Verdict::kCertificateNotYetValid, "RFC 5280 6.1.3(a)(2): notBefore is to come", depth);
  return std::nullopt;
}

Refusal check_extensions(const Certificate& certificate, std::size_t depth) {
  for (const Extension& extension : certificate.extensions()) {
    if (contains(kRefused, extension.oid))
      return refuse(Verdict::kCertificateUnacceptable,
                    "RFC 5280 6.1.4: extension " + extension.oid + " is not supported here", depth);
    if (extension.critical && !contains(kProcessed, extension.oid))
      return refuse(Verdict::kCertificateUnacceptable,
                    "RFC 5280 6.1.4(o): unknown critical extension " + extension.oid, depth);
  }
  return std::nullopt;
}

// What makes a certificate an issuer, RFC 5280 6.1.4(k) to (n).
Refusal check_issuer(const Certificate& issuer, std::size_t depth, std::size_t& max_path_length) {
  const auto constraints = issuer.basic_constraints();
  if (!constraints || !constraints->is_ca)
    return refuse(Verdict::kCertificateUnacceptable, "RFC 5280 6.1.4(k): not a CA certificate", depth);
  if (!issuer.self_issued()) {
    if (max_path_length == 0)
      return refuse(Verdict::kCertificateUnacceptable, "RFC 5280 6.1.4(l): pathLenConstraint exceeded",
                    depth);
    --max_path_length;
  }
  if (constraints->path_length)
    max_path_length = std::min<std::size_t>(max_path_length, *constraints->path_length);
  const auto usage = issuer.key_usage();
  if (usage && (*usage & kKeyCertSign) == 0)
    return refuse(Verdict::kCertificateUnacceptable, "RFC 5280 6.1.4(n): keyUsage without keyCertSign",
                  depth);
  return std::nullopt;
}

// RFC 5280 6.1.3(d) without mappings: the acceptable policies that the whole path carries. An issuer without
// policies or with anyPolicy leaves the set as it is; the leaf has to name one of it.
Refusal check_policies(const Certificate& leaf, std::span<const Certificate* const> issuers,
                       const PathPolicy& policy) {
  if (policy.initial_policies.empty()) return std::nullopt;
  std::vector<std::string> valid = policy.initial_policies;
  const auto keep = [&](const Certificate& certificate) {
    std::erase_if(valid, [&](const std::string& oid) { return !contains(certificate.policies(), oid); });
  };
  for (const Certificate* issuer : issuers)
    if (!issuer->policies().empty() && !contains(issuer->policies(), oid::kAnyPolicy)) keep(*issuer);
  keep(leaf);
  if (valid.empty())
    return refuse(Verdict::kPolicyNotAccepted, "RFC 5280 6.1.5(g): no acceptable certificate policy", 0);
  return std::nullopt;
}

Refusal check_key(const Certificate& leaf, const PathPolicy& policy) {
  const auto checked =
      check_public_key(leaf.subject_public_key_info(), policy.algorithms);
  if (checked) return std::nullopt;
  if (checked.error() == SignatureError::kWeak)
    return refuse(Verdict::kAlgorithmWeak, "the key is too short", 0);
  return refuse(Verdict::kCertificateUnacceptable, "subjectPublicKeyInfo: not a usable key", 0);
}

}  // namespace

std::optional<PathError> check_path(const Certificate& leaf, std::span<const Certificate* const> chain,
                                    const PathPolicy& policy, Time now) {
  if (auto refusal = check_validity(*chain.back(), chain.size(), now)) return refusal;
  const auto issuers = chain.first(chain.size() - 1);
  std::size_t max_path_length = chain.size();
  for (std::size_t i = issuers.size(); i-- > 0;) {
    const std::size_t depth = i + 1;
    if (auto refusal = check_validity(*issuers[i], depth, now)) return refusal;
    if (auto refusal = check_extensions(*issuers[i], depth)) return refusal;
    if (auto refusal = check_issuer(*issuers[i], depth, max_path_length)) return refusal;
  }
  if (auto refusal = check_validity(leaf, 0, now)) return refusal;
  if (auto refusal = check_extensions(leaf, 0)) return refusal;
  if (auto refusal = check_policies(leaf, issuers, policy)) return refusal;
  return check_key(leaf, policy);
}

}  // namespace jpki::path
