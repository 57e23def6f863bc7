// SPDX-License-Identifier: LGPL-2.1-or-later
#include "validator/path/path_validation.h"

#include "validator/path/name_constraint_state.h"
#include "validator/path/policy_graph.h"

#include <algorithm>

namespace jpki::path {
namespace {

using namespace x509;

using Checked = std::optional<Refusal>;

// Extensions whose critical form is processed here or by revocation checking, or that bind nobody but the
// issuer.
constexpr std::string_view kProcessed[] = {
    oid::kSubjectKeyIdentifier,  oid::kKeyUsage,
    oid::kSubjectAltName,        oid::kIssuerAltName,
    oid::kBasicConstraints,      oid::kNameConstraints,
    oid::kCrlDistributionPoints, oid::kCertificatePolicies,
    oid::kPolicyMappings,        oid::kAuthorityKeyIdentifier,
    oid::kPolicyConstraints,     oid::kExtendedKeyUsage,
    oid::kFreshestCrl,           oid::kInhibitAnyPolicy,
    oid::kAuthorityInfoAccess,
};

void lower_to(std::size_t& value, std::optional<unsigned> limit) {
  if (limit) value = std::min<std::size_t>(value, *limit);
}

void count_down(std::size_t& value) {
  if (value > 0) --value;
}

// The state variables of RFC 5280 6.1.2 and what each certificate does to them.
class PathState {
 public:
  PathState(const CandidatePath& path, const PathPolicy& policy, Time now);

  Checked check_anchor();
  Checked check_issuer(const Certificate& certificate, std::size_t depth);
  Checked check_leaf();
  std::vector<std::string> policies() const { return user_policies_; }

 private:
  Checked check_basic(const Certificate& certificate, std::size_t depth);
  Checked process_policies(const Certificate& certificate, std::size_t depth);
  Checked process_mappings(const Certificate& certificate, std::size_t depth);
  void process_constraints(const Certificate& certificate);
  Checked process_authority(const Certificate& certificate, std::size_t depth);
  Checked wrap_up_policies();
  Checked check_key() const;

  const CandidatePath& path_;
  const PathPolicy& policy_;
  Time now_;

  std::vector<std::string> acceptable_policies_;  // user-initial-policy-set; empty: any-policy
  bool nothing_acceptable_ = false;
  PolicyGraph policy_graph_;
  NameConstraintState names_;
  std::size_t explicit_policy_;
  std::size_t inhibit_any_policy_;
  std::size_t policy_mapping_;
  std::size_t max_path_length_;
  std::vector<std::string> user_policies_;
};

Refusal refuse(Verdict verdict, const std::string& clause, std::size_t depth) {
  return {verdict, clause + ", depth " + std::to_string(depth)};
}
Refusal unacceptable(const std::string& clause, std::size_t depth) {
  return refuse(Verdict::kCertificateUnacceptable, clause, depth);
}

// 6.1.3(a)(2). Whose own certificate has expired is told that first: it has to be renewed whatever its issuer
// does.
Checked check_validity(const Certificate& certificate, const Certificate& leaf, std::size_t depth, Time now) {
  if (now > certificate.not_after()) {
    const bool own = depth == 0 || now > leaf.not_after();
    return refuse(own ? Verdict::kCertificateExpired : Verdict::kIssuerExpired,
                  "RFC 5280 6.1.3(a)(2): notAfter has passed", depth);
  }
  if (now < certificate.not_before())
    return refuse(Verdict::kCertificateNotYetValid, "RFC 5280 6.1.3(a)(2): notBefore is in the future",
                  depth);
  return std::nullopt;
}

// 6.1.4(n)
Checked check_key_usage(const Certificate& issuer, std::size_t depth) {
  const auto usage = issuer.key_usage();
  if (usage && (*usage & kKeyCertSign) == 0)
    return unacceptable("RFC 5280 6.1.4(n): keyUsage without keyCertSign", depth);
  return std::nullopt;
}

// 6.1.4(o) and 6.1.5(e)
Checked check_critical_extensions(const Certificate& certificate, std::size_t depth) {
  for (const Extension& extension : certificate.extensions()) {
    if (!extension.critical) continue;
    if (std::ranges::find(kProcessed, extension.oid) == std::end(kProcessed))
      return unacceptable("RFC 5280 6.1.4(o): unknown critical extension " + extension.oid, depth);
    if (extension.oid == oid::kCertificatePolicies &&
        !certificate.decoded_extensions().policy_qualifiers_known)
      return unacceptable("RFC 5280 4.2.1.4: critical certificatePolicies with an unknown qualifier", depth);
  }
  return std::nullopt;
}

PathState::PathState(const CandidatePath& path, const PathPolicy& policy, Time now)
    : path_(path), policy_(policy), now_(now), acceptable_policies_(policy.initial_policies) {
  const trust::Constraints& constraints = path.anchor.constraints;
  const std::size_t unlimited = path.issuers.size() + 2;  // n + 1
  // Policies without the demand for one would bind nobody: an anchor that may vouch for some alone demands.
  explicit_policy_ =
      policy.explicit_policy || constraints.explicit_policy || !constraints.policies.empty() ? 0 : unlimited;
  inhibit_any_policy_ = policy.inhibit_any || constraints.inhibit_any ? 0 : unlimited;
  policy_mapping_ = policy.inhibit_mapping || constraints.inhibit_mapping ? 0 : unlimited;
  max_path_length_ = path.issuers.size() + 1;  // n
  lower_to(max_path_length_, constraints.path_length);

  if (constraints.policies.empty()) return;
  if (acceptable_policies_.empty()) {
    acceptable_policies_ = constraints.policies;
    return;
  }
  std::erase_if(acceptable_policies_, [&](const std::string& wanted) {
    return std::ranges::find(constraints.policies, wanted) == constraints.policies.end();
  });
  nothing_acceptable_ = acceptable_policies_.empty();
}

Checked PathState::check_anchor() {
  const Certificate& anchor = path_.anchor.certificate;
  const std::size_t depth = path_.issuers.size() + 1;
  if (auto refusal = check_validity(anchor, path_.leaf, depth, now_)) return refusal;
  if (auto refusal = check_key_usage(anchor, depth)) return refusal;
  if (nothing_acceptable_)
    return refuse(Verdict::kPolicyNotAccepted, "RFC 5937 3.2: the anchor vouches for no acceptable policy",
                  depth);
  if (const auto constraints = anchor.basic_constraints())
    lower_to(max_path_length_, constraints->path_length);
  process_constraints(anchor);
  return std::nullopt;
}

// 6.1.3 but for (a)(1), (3) and (4).
Checked PathState::check_basic(const Certificate& certificate, std::size_t depth) {
  if (auto refusal = check_validity(certificate, path_.leaf, depth, now_)) return refusal;
  if (depth == 0 || !certificate.self_issued())
    if (auto clause = names_.refusal(certificate)) return unacceptable(*clause, depth);
  return process_policies(certificate, depth);
}

// 6.1.3(d) to (f)
Checked PathState::process_policies(const Certificate& certificate, std::size_t depth) {
  const bool any_policy_counts = inhibit_any_policy_ > 0 || (depth > 0 && certificate.self_issued());
  policy_graph_.add_certificate(certificate.policies(), any_policy_counts);
  if (policy_graph_.empty() && explicit_policy_ == 0)
    return refuse(Verdict::kPolicyNotAccepted, "RFC 5280 6.1.3(f): no valid policy", depth);
  return std::nullopt;
}

// 6.1.4(a) and (b)
Checked PathState::process_mappings(const Certificate& certificate, std::size_t depth) {
  const auto& mappings = certificate.decoded_extensions().policy_mappings;
  for (const PolicyMapping& mapping : mappings)
    if (mapping.issuer_domain_policy == oid::kAnyPolicy || mapping.subject_domain_policy == oid::kAnyPolicy)
      return unacceptable("RFC 5280 6.1.4(a): a policy mapping with anyPolicy", depth);
  policy_graph_.map(mappings, policy_mapping_ > 0);
  return std::nullopt;
}

// 6.1.4(g), (i) and (j)
void PathState::process_constraints(const Certificate& certificate) {
  names_.add(certificate);
  const CertificateExtensions& extensions = certificate.decoded_extensions();
  if (extensions.policy_constraints) {
    lower_to(explicit_policy_, extensions.policy_constraints->require_explicit_policy);
    lower_to(policy_mapping_, extensions.policy_constraints->inhibit_policy_mapping);
  }
  lower_to(inhibit_any_policy_, extensions.inhibit_any_policy);
}

// 6.1.4(k) to (o)
Checked PathState::process_authority(const Certificate& certificate, std::size_t depth) {
  const auto constraints = certificate.basic_constraints();
  if (!constraints || !constraints->is_ca)
    return unacceptable("RFC 5280 6.1.4(k): not a CA certificate", depth);
  if (!certificate.self_issued()) {
    if (max_path_length_ == 0) return unacceptable("RFC 5280 6.1.4(l): pathLenConstraint exceeded", depth);
    --max_path_length_;
  }
  lower_to(max_path_length_, constraints->path_length);
  if (auto refusal = check_key_usage(certificate, depth)) return refusal;
  return check_critical_extensions(certificate, depth);
}

Checked PathState::check_issuer(const Certificate& certificate, std::size_t depth) {
  if (auto refusal = check_basic(certificate, depth)) return refusal;
  if (auto refusal = process_mappings(certificate, depth)) return refusal;
  if (!certificate.self_issued()) {  // 6.1.4(h)
    count_down(explicit_policy_);
    count_down(policy_mapping_);
    count_down(inhibit_any_policy_);
  }
  process_constraints(certificate);
  return process_authority(certificate, depth);
}

Checked PathState::check_leaf() {
  if (auto refusal = check_basic(path_.leaf, 0)) return refusal;
  if (auto refusal = check_critical_extensions(path_.leaf, 0)) return refusal;
  if (auto refusal = wrap_up_policies()) return refusal;
  return check_key();
}

// 6.1.5(a), (b) and (g)
Checked PathState::wrap_up_policies() {
  count_down(explicit_policy_);
  const auto& constraints = path_.leaf.decoded_extensions().policy_constraints;
  if (constraints && constraints->require_explicit_policy == 0u) explicit_policy_ = 0;
  user_policies_ = policy_graph_.user_constrained(acceptable_policies_);
  if (explicit_policy_ == 0 && user_policies_.empty())
    return refuse(Verdict::kPolicyNotAccepted, "RFC 5280 6.1.5(g): no acceptable policy", 0);
  return std::nullopt;
}

Checked PathState::check_key() const {
  const Bytes key = path_.leaf.subject_public_key_info();
  const auto checked = check_public_key(key, policy_.algorithms);
  if (checked) return std::nullopt;
  if (checked.error() == SignatureError::kWeak)
    return refuse(Verdict::kAlgorithmWeak, "the key is too weak: " + describe_weak_key(key), 0);
  return unacceptable("subjectPublicKeyInfo: not a usable key", 0);
}

}  // namespace

Expected<std::vector<std::string>, Refusal> validate_candidate(const CandidatePath& path,
                                                               const PathPolicy& policy, Time now) {
  PathState state(path, policy, now);
  if (auto refusal = state.check_anchor()) return Unexpected{*std::move(refusal)};
  for (std::size_t depth = path.issuers.size(); depth > 0; --depth)
    if (auto refusal = state.check_issuer(*path.issuers[depth - 1], depth))
      return Unexpected{*std::move(refusal)};
  if (auto refusal = state.check_leaf()) return Unexpected{*std::move(refusal)};
  return state.policies();
}

}  // namespace jpki::path
