// SPDX-License-Identifier: LGPL-2.1-or-later
#include "validator/path/path.h"

#include "validator/path/path_checks.h"
#include "validator/x509/signature.h"

#include <algorithm>

namespace jpki::path {
namespace {

using x509::Certificate;
using x509::SignatureError;

// How far a failed attempt came; the reason of the furthest is the one to tell.
enum class Progress { kNoIssuer, kIssuerNotForKind, kSignature, kAlgorithm, kChecks, kWindow };

// Hints only: key identifiers are not signed statements about anything but themselves. 0 = they agree.
int identifier_rank(const Certificate& subject, const Certificate& issuer) {
  const auto wanted = subject.authority_key_identifier();
  const auto offered = issuer.subject_key_identifier();
  if (!wanted || !offered) return 1;
  return std::ranges::equal(*wanted, *offered) ? 0 : 2;
}

bool same_authority(const Certificate& a, const Certificate& b) {
  return std::ranges::equal(a.subject_public_key_info(), b.subject_public_key_info()) &&
         names_equal(a.subject(), b.subject());
}

}  // namespace

// Depth-first search from the leaf up. Bounded in depth by max_path_length, in work by kMaxVerifications; no
// authority (name and key) comes twice in a path, so loops end.
class PathValidator {
 public:
  PathValidator(const Certificate& leaf, std::span<const Certificate> pool, const trust::TrustStore& anchors,
                const PathPolicy& policy, Time now)
      : leaf_(leaf), pool_(pool), anchors_(anchors), policy_(policy), now_(now) {}

  Expected<VerifiedCertificate, PathError> run() {
    extend(leaf_);
    if (found_) return *found_;
    return Unexpected{failure_};
  }

 private:
  static constexpr unsigned kMaxVerifications = 64;

  bool extend(const Certificate& subject);
  bool try_anchor(const Certificate& subject, const trust::Anchor& anchor);
  bool try_intermediate(const Certificate& subject, const Certificate& issuer);
  bool finish(const trust::Anchor& anchor);
  bool verify(const Certificate& subject, const Certificate& issuer);
  void note(Progress progress, Verdict verdict, std::string clause);

  const Certificate& leaf_;
  std::span<const Certificate> pool_;
  const trust::TrustStore& anchors_;
  const PathPolicy& policy_;
  Time now_;

  std::vector<const Certificate*> chain_;  // issuer of the leaf first
  unsigned verifications_ = 0;
  std::optional<VerifiedCertificate> found_;
  Progress progress_ = Progress::kNoIssuer;
  PathError failure_{
      Verdict::kCertificateUntrusted, "RFC 5280 6.1.3(a)(4): no anchor has the issuer's name", {}};
};

// Tries every issuer of `subject`, anchors before intermediates, those with fitting key identifiers first.
bool PathValidator::extend(const Certificate& subject) {
  const auto by_rank = [&](const Certificate& a, const Certificate& b) {
    return identifier_rank(subject, a) < identifier_rank(subject, b);
  };
  std::vector<const trust::Anchor*> anchors;
  for (const auto& anchor : anchors_)
    if (names_equal(anchor.certificate.subject(), subject.issuer())) anchors.push_back(&anchor);
  std::ranges::stable_sort(anchors,
                           [&](auto* a, auto* b) { return by_rank(a->certificate, b->certificate); });
  for (const auto* anchor : anchors)
    if (try_anchor(subject, *anchor)) return true;

  if (chain_.size() >= policy_.max_path_length) return false;
  std::vector<const Certificate*> issuers;
  for (const auto& certificate : pool_)
    if (names_equal(certificate.subject(), subject.issuer())) issuers.push_back(&certificate);
  std::ranges::stable_sort(issuers, [&](auto* a, auto* b) { return by_rank(*a, *b); });
  return std::ranges::any_of(issuers, [&](auto* issuer) { return try_intermediate(subject, *issuer); });
}

bool PathValidator::try_anchor(const Certificate& subject, const trust::Anchor& anchor) {
  if (!anchor.serves(policy_.function) || (policy_.kind && !anchor.vouches_for(*policy_.kind))) {
    note(Progress::kIssuerNotForKind, Verdict::kCertificateUntrusted,
         "no anchor of the issuer's name vouches for " +
             std::string(policy_.kind ? x509::name_of(*policy_.kind) : trust::name_of(policy_.function)));
    return false;
  }
  if (!verify(subject, anchor.certificate)) return false;
  chain_.push_back(&anchor.certificate);
  const bool done = finish(anchor);
  chain_.pop_back();
  return done;
}

bool PathValidator::try_intermediate(const Certificate& subject, const Certificate& issuer) {
  if (same_authority(issuer, leaf_)) return false;
  if (std::ranges::any_of(chain_, [&](auto* other) { return same_authority(issuer, *other); })) return false;
  if (!verify(subject, issuer)) return false;
  chain_.push_back(&issuer);
  const bool done = extend(issuer);
  chain_.pop_back();
  return done;
}

// The path reaches `anchor` and every signature is good.
bool PathValidator::finish(const trust::Anchor& anchor) {
  if (auto refusal = check_path(leaf_, chain_, policy_, now_)) {
    note(Progress::kChecks, refusal->verdict, std::move(refusal->clause));
    return false;
  }
  if (!anchor.accepted_at(now_)) {
    note(Progress::kWindow, Verdict::kAnchorRetired,
         "anchor " + anchor.name + ": outside of its accept window");
    return false;
  }
  found_ = VerifiedCertificate(leaf_, chain_, anchor, policy_.kind);
  return true;
}

bool PathValidator::verify(const Certificate& subject, const Certificate& issuer) {
  const std::string depth = ", depth " + std::to_string(chain_.size());
  if (verifications_ == kMaxVerifications) {
    note(Progress::kSignature, Verdict::kCertificateUntrusted, "path building: too many candidates" + depth);
    return false;
  }
  ++verifications_;
  const auto verified = verify_signature(subject.tbs(), subject.signature(), subject.signature_algorithm(),
                                         subject.signature_parameters(), issuer.subject_public_key_info(),
                                         policy_.algorithms);
  if (verified) return true;
  switch (verified.error()) {
    case SignatureError::kWeak:
      note(Progress::kAlgorithm, Verdict::kAlgorithmWeak,
           "RFC 5280 6.1.3(a)(1): signature algorithm or issuer's key too weak" + depth);
      break;
    case SignatureError::kUnsupported:
      note(Progress::kSignature, Verdict::kCertificateUntrusted,
           "RFC 5280 6.1.3(a)(1): unsupported signature algorithm" + depth);
      break;
    case SignatureError::kInvalid:
      note(Progress::kSignature, Verdict::kCertificateUntrusted,
           "RFC 5280 6.1.3(a)(1): not signed by any issuer of that name" + depth);
      break;
  }
  return false;
}

void PathValidator::note(Progress progress, Verdict verdict, std::string clause) {
  if (progress <= progress_) return;
  progress_ = progress;
  failure_ = {verdict, std::move(clause), {}};
}

Expected<VerifiedCertificate, PathError> validate_path(const Certificate& leaf,
                                                       std::span<const Certificate> pool,
                                                       const trust::TrustStore& anchors,
                                                       const PathPolicy& policy, Time now) {
  return PathValidator(leaf, pool, anchors, policy, now).run();
}

}  // namespace jpki::path
