// SPDX-License-Identifier: LGPL-2.1-or-later
#include "validator/crl_refresh/crl_signer.h"

#include "validator/path/path.h"

#include <algorithm>

namespace jpki::crl_refresh {
namespace {

bool may_sign_crls(const x509::Certificate& certificate) {
  const auto usage = certificate.key_usage();
  return !usage || (*usage & x509::kCrlSign) != 0;
}

constexpr trust::Function kFunctions[] = {trust::Function::kRevocationData, trust::Function::kCvsSigner};

bool serves(const trust::Anchor& anchor) {
  return std::ranges::any_of(kFunctions, [&](trust::Function function) { return anchor.serves(function); });
}

bool is_over(const trust::Anchor& anchor, Time now) {
  return anchor.accept_until && now >= *anchor.accept_until;
}

bool has_key_identifier(const x509::Certificate& certificate, const std::optional<Bytes>& wanted) {
  const auto identifier = certificate.subject_key_identifier();
  return wanted && identifier && std::ranges::equal(*wanted, *identifier);
}

// Those of the CRL's issuer name, the likely one first.
std::vector<const x509::Certificate*> named(const crl::Crl& crl, const x509::Name& issuer,
                                            const SignerRules& rules, Time now) {
  std::vector<const x509::Certificate*> found;
  for (const auto& anchor : rules.anchors)
    if (serves(anchor) && !is_over(anchor, now) && names_equal(anchor.certificate.subject(), issuer))
      found.push_back(&anchor.certificate);
  for (const auto& certificate : rules.intermediates)
    if (names_equal(certificate.subject(), issuer)) found.push_back(&certificate);
  std::erase_if(found, [](const auto* certificate) { return !may_sign_crls(*certificate); });
  std::stable_partition(found.begin(), found.end(), [&](const auto* certificate) {
    return has_key_identifier(*certificate, crl.header.authority_key_identifier);
  });
  return found;
}

bool is_anchor(const x509::Certificate& certificate, const SignerRules& rules) {
  return std::ranges::any_of(rules.anchors,
                             [&](const auto& anchor) { return &anchor.certificate == &certificate; });
}

// A path that holds, to an anchor whose window is yet to open.
bool is_early(const path::TriedPath& path, const SignerRules& rules, Time now) {
  return path.verdict == Verdict::kAnchorRetired &&
         std::ranges::any_of(rules.anchors, [&](const trust::Anchor& anchor) {
           return anchor.name == path.anchor && !is_over(anchor, now);
         });
}

constexpr char kRetired[] = "; remove this file or its [[crl]]";

// Why an intermediate may not vouch for a CRL; nothing when it may.
std::optional<Report::Line> path_problem(const x509::Certificate& certificate, const SignerRules& rules,
                                         Time now) {
  std::optional<Report::Line> problem;
  for (const trust::Function function : kFunctions) {
    path::PathPolicy policy;
    policy.function = function;
    policy.algorithms = rules.algorithms;
    const auto path = path::validate_path(certificate, rules.intermediates, rules.anchors, policy, now);
    if (path || std::ranges::any_of(path.error().tried,
                                    [&](const auto& tried) { return is_early(tried, rules, now); }))
      return std::nullopt;
    if (path.error().verdict == Verdict::kAnchorRetired)
      problem = {kNoProblem, "the generation of its CA is retired: " + path.error().clause + kRetired};
    if (!problem)
      problem = {Problem::kSignerUnknown,
                 "its signer's own certificate has no path to an anchor with the function "
                 "revocation-data: " +
                     path.error().clause + "; check anchors.d and intermediates.d"};
  }
  return problem;
}

Report::Line problem_of(x509::SignatureError error) {
  switch (error) {
    case x509::SignatureError::kUnsupported:
      return {Problem::kAlgorithmWeak,
              "signed with an algorithm that is not supported; ask the CA for another"};
    case x509::SignatureError::kWeak:
      return {Problem::kAlgorithmWeak, "signed with SHA-1, MD5 or a short key; ask the CA for another"};
    case x509::SignatureError::kInvalid:
      break;
  }
  return {Problem::kSignatureInvalid,
          "none of the certificates with its issuer's name made the signature; fetch it again, or add the "
          "certificate of the CA's current key to anchors.d or intermediates.d"};
}

}  // namespace

Expected<x509::Sha256, Report::Line> verify_signer(const crl::Crl& crl, const SignerRules& rules, Time now,
                                                   const std::function<void(std::size_t)>& progress) {
  const auto issuer = x509::decode_name(crl.header.issuer_der);
  if (!issuer) return Unexpected{Report::Line{Problem::kMalformed, "issuer: " + issuer.error()}};
  Report::Line why{
      Problem::kSignerUnknown,
      "no anchor with the function revocation-data and no certificate of intermediates.d has the "
      "name of its issuer and may sign CRLs; add the CA's certificate there"};
  const auto& envelope = crl.envelope;
  x509::SignedData signed_data(envelope.tbs, envelope.signature, envelope.algorithm.oid,
                               envelope.algorithm.parameters, rules.algorithms, progress);
  std::optional<Report::Line> no_path;  // of those whose key it is, the one that is to be mended
  for (const auto* certificate : named(crl, *issuer, rules, now)) {
    const auto verified = signed_data.verify(certificate->subject_public_key_info());
    if (!verified) {
      why = problem_of(verified.error());
      continue;
    }
    auto problem = is_anchor(*certificate, rules) ? std::nullopt : path_problem(*certificate, rules, now);
    if (!problem) return x509::sha256(certificate->subject_public_key_info());
    if (!no_path || no_path->problem == kNoProblem) no_path = std::move(problem);
  }
  if (no_path) return Unexpected{std::move(*no_path)};
  // Those of a retired generation come on, and are nothing to worry about.
  for (const auto& anchor : rules.anchors)
    if (serves(anchor) && is_over(anchor, now) && names_equal(anchor.certificate.subject(), *issuer) &&
        may_sign_crls(anchor.certificate) && signed_data.verify(anchor.certificate.subject_public_key_info()))
      return Unexpected{Report::Line{
          kNoProblem, "its CA " + anchor.name + " is retired: accept_until has passed" + kRetired}};
  return Unexpected{why};
}

}  // namespace jpki::crl_refresh
