// SPDX-License-Identifier: LGPL-2.1-or-later
#include "validator/path/path.h"

#include "validator/path/path_validation.h"
#include "validator/x509/public_key.h"

#include <algorithm>
#include <map>
#include <unordered_map>

namespace jpki::path {
namespace {

using x509::Certificate;
using x509::SignatureError;

// How far a failed attempt came; the reason of the furthest is the one to tell.
enum class Progress {
  kNothing,
  kNoIssuer,
  kSignature,
  kAlgorithm,
  kExhausted,
  kNotForKind,
  kChecks,
  kWindow,
  kAccept
};

// Hints only: key identifiers are not signed statements about anything but themselves. 0 = they agree.
int identifier_rank(const Certificate& subject, const Certificate& issuer) {
  const auto wanted = subject.authority_key_identifier();
  const auto offered = issuer.subject_key_identifier();
  if (!wanted || !offered) return 1;
  return std::ranges::equal(*wanted, *offered) ? 0 : 2;
}

bool same_authority(const Certificate& a, const Certificate& b) {
  return x509::same_public_key(a.subject_public_key_info(), b.subject_public_key_info()) &&
         names_equal(a.subject(), b.subject());
}

}  // namespace

// Searches from the leaf up, all paths of one length before those of the next (iterative deepening): among
// authorities that certify each other a short path is found before the long ones use up the bounds.
class PathBuilder {
 public:
  PathBuilder(const Certificate& leaf, std::span<const Certificate> pool, const trust::TrustStore& anchors,
              const PathPolicy& policy, Time now, const Accept& accept)
      : leaf_(leaf), pool_(pool), anchors_(anchors), policy_(policy), now_(now), accept_(accept) {}

  Expected<VerifiedCertificate, PathError> run();

 private:
  using Issuers = std::vector<const Certificate*>;

  bool extend(const Certificate& subject, std::size_t remaining);
  bool try_anchors(const Certificate& subject);
  bool try_anchor(const Certificate& subject, const trust::Anchor& anchor);
  bool finish(const trust::Anchor& anchor);

  const Issuers& issuers_of(const Certificate& subject);
  std::vector<const trust::Anchor*> anchors_of(const Certificate& subject) const;
  // Which issuer to try first.
  int rank(const Certificate& subject, const Certificate& issuer) const;
  bool in_path(const Certificate& authority) const;
  // An authority that the administrator made an anchor is judged by that anchor's rules alone: a link or
  // cross certificate, which a card may bring along, does not revive a generation that was retired (R3, R4).
  bool is_anchor(const Certificate& authority) const;

  bool verify(const Certificate& subject, const Certificate& issuer, const std::string& anchor);
  Expected<Unit, SignatureError> verified(const Certificate& subject, const Certificate& issuer);
  void note_signature(const Certificate& subject, const Certificate& issuer, SignatureError error,
                      const std::string& anchor);
  void exhaust(const char* what);
  void note_exhausted(const char* what);
  void note(Progress progress, Refusal refusal, const std::string& anchor);
  std::string depth() const { return ", depth " + std::to_string(chain_.size()); }

  const Certificate& leaf_;
  std::span<const Certificate> pool_;
  const trust::TrustStore& anchors_;
  const PathPolicy& policy_;
  Time now_;
  const Accept& accept_;

  Issuers chain_;  // issuer of the leaf first
  bool at_limit_ = false;
  bool exhausted_ = false;  // nothing further is built
  unsigned steps_ = 0;
  unsigned candidates_ = 0;
  unsigned verifications_ = 0;
  std::unordered_map<const Certificate*, Issuers> issuers_;
  std::map<std::pair<const Certificate*, std::string_view>, std::optional<SignatureError>> signatures_;
  std::unordered_map<const Certificate*, unsigned> failures_;  // signatures of a subject by other keys

  std::optional<VerifiedCertificate> found_;
  Progress progress_ = Progress::kNothing;
  PathError failure_{
      Verdict::kCertificateUntrusted, "RFC 5280 6.1.3(a)(4): no anchor has the issuer's name", {}};
};

Expected<VerifiedCertificate, PathError> PathBuilder::run() {
  for (std::size_t length = 0; length <= policy_.max_path_length && !exhausted_; ++length) {
    at_limit_ = false;
    if (extend(leaf_, length)) return *std::move(found_);
    if (!at_limit_) break;
  }
  return Unexpected{std::move(failure_)};
}

// Paths with exactly `remaining` more intermediates above `subject`.
bool PathBuilder::extend(const Certificate& subject, std::size_t remaining) {
  if (++steps_ > kMaxSteps) {
    exhaust("too many paths");
    return false;
  }
  if (remaining == 0) {
    at_limit_ = true;
    return try_anchors(subject);
  }
  bool continued = false;
  for (const Certificate* issuer : issuers_of(subject)) {
    if (in_path(*issuer)) continue;
    continued = true;
    if (!verify(subject, *issuer, "")) continue;
    chain_.push_back(issuer);
    const bool done = extend(*issuer, remaining - 1);
    chain_.pop_back();
    if (done) return true;
    if (exhausted_) return false;
  }
  if (!continued && remaining == 1 && anchors_of(subject).empty())
    note(
        Progress::kNoIssuer,
        {Verdict::kCertificateUntrusted,
         "RFC 5280 6.1.3(a)(4): no anchor has the issuer's name, and no further intermediate does" + depth()},
        "");
  return false;
}

bool PathBuilder::try_anchors(const Certificate& subject) {
  return std::ranges::any_of(anchors_of(subject), [&](const trust::Anchor* anchor) {
    return !exhausted_ && try_anchor(subject, *anchor);
  });
}

bool PathBuilder::try_anchor(const Certificate& subject, const trust::Anchor& anchor) {
  if (!verify(subject, anchor.certificate, anchor.name)) return false;
  const auto refuse = [&](const std::string& what) {
    note(Progress::kNotForKind, {Verdict::kCertificateUntrusted, "anchor " + anchor.name + ": " + what},
         anchor.name);
    return false;
  };
  if (!anchor.serves(policy_.function))
    return refuse("does not have the function " + std::string(trust::name_of(policy_.function)));
  if (policy_.kind && !anchor.vouches_for(*policy_.kind))
    return refuse("does not vouch for kind " + std::string(x509::name_of(*policy_.kind)));
  return finish(anchor);
}

// The path reaches `anchor` and every signature is good.
bool PathBuilder::finish(const trust::Anchor& anchor) {
  if (++candidates_ > kMaxCandidates) {
    exhaust("too many paths");
    return false;
  }
  auto policies = validate_candidate({leaf_, chain_, anchor}, policy_, now_);
  if (!policies) {
    note(Progress::kChecks, std::move(policies).error(), anchor.name);
    return false;
  }
  if (!anchor.accepted_at(now_)) {
    const bool over = anchor.accept_until && now_ >= *anchor.accept_until;
    note(Progress::kWindow,
         {Verdict::kAnchorRetired,
          "anchor " + anchor.name + (over ? ": accept_until has passed" : ": accept_from is in the future")},
         anchor.name);
    return false;
  }
  Issuers chain = chain_;
  chain.push_back(&anchor.certificate);
  VerifiedCertificate path(leaf_, std::move(chain), anchor, policy_.kind, *std::move(policies));
  if (accept_)
    if (auto refusal = accept_(path)) {
      const bool ends = refusal->ends_search;
      note(Progress::kAccept, *std::move(refusal), anchor.name);
      exhausted_ = exhausted_ || ends;
      return false;
    }
  found_ = std::move(path);
  return true;
}

const PathBuilder::Issuers& PathBuilder::issuers_of(const Certificate& subject) {
  const auto [entry, is_new] = issuers_.try_emplace(&subject);
  Issuers& issuers = entry->second;
  if (!is_new) return issuers;
  for (const Certificate& certificate : pool_)
    if (names_equal(certificate.subject(), subject.issuer()) && !is_anchor(certificate))
      issuers.push_back(&certificate);
  std::ranges::stable_sort(issuers, {}, [&](const Certificate* issuer) { return rank(subject, *issuer); });
  return issuers;
}

std::vector<const trust::Anchor*> PathBuilder::anchors_of(const Certificate& subject) const {
  std::vector<const trust::Anchor*> anchors;
  for (const auto& anchor : anchors_)
    if (names_equal(anchor.certificate.subject(), subject.issuer())) anchors.push_back(&anchor);
  std::ranges::stable_sort(anchors, {},
                           [&](const trust::Anchor* anchor) { return rank(subject, anchor->certificate); });
  return anchors;
}

int PathBuilder::rank(const Certificate& subject, const Certificate& issuer) const {
  const bool valid = issuer.not_before() <= now_ && now_ <= issuer.not_after();
  return 2 * identifier_rank(subject, issuer) + (valid ? 0 : 1);
}

bool PathBuilder::in_path(const Certificate& authority) const {
  return same_authority(authority, leaf_) || std::ranges::any_of(chain_, [&](const Certificate* other) {
           return same_authority(authority, *other);
         });
}

bool PathBuilder::is_anchor(const Certificate& authority) const {
  return std::ranges::any_of(anchors_, [&](const trust::Anchor& anchor) {
    const bool same_store = std::ranges::any_of(anchor.functions, [&](trust::Function function) {
      return trust::store_of(function) == trust::store_of(policy_.function);
    });
    return same_store && same_authority(authority, anchor.certificate);
  });
}

Expected<Unit, SignatureError> PathBuilder::verified(const Certificate& subject, const Certificate& issuer) {
  return verify_signature(subject.tbs(), subject.signature(), subject.signature_algorithm(),
                          subject.signature_parameters(), issuer.subject_public_key_info(),
                          policy_.algorithms);
}

// 6.1.3(a)(1), once for each subject and issuer's key.
bool PathBuilder::verify(const Certificate& subject, const Certificate& issuer, const std::string& anchor) {
  const auto [entry, is_new] =
      signatures_.try_emplace({&subject, as_text(issuer.subject_public_key_info())}, std::nullopt);
  if (!is_new) return !entry->second;
  entry->second = SignatureError::kInvalid;
  unsigned& failures = failures_[&subject];
  if (failures > kMaxIssuers) return false;
  if (failures == kMaxIssuers) {  // paths over the issuers that were found are still built
    ++failures;
    note_exhausted("too many issuers with one name");
    return false;
  }
  if (++verifications_ > kMaxVerifications) {
    exhaust("too many signatures");
    return false;
  }
  const auto result = verified(subject, issuer);
  if (result) {
    entry->second.reset();
    return true;
  }
  ++failures;
  entry->second = result.error();
  note_signature(subject, issuer, result.error(), anchor);
  return false;
}

void PathBuilder::note_signature(const Certificate& subject, const Certificate& issuer, SignatureError error,
                                 const std::string& anchor) {
  static const std::string kClause = "RFC 5280 6.1.3(a)(1): ";
  switch (error) {
    case SignatureError::kWeak:
      note(Progress::kAlgorithm,
           {Verdict::kAlgorithmWeak,
            kClause + "signature algorithm or issuer's key too weak: " +
                describe_weakness(subject.signature_algorithm(), issuer.subject_public_key_info(),
                                  policy_.algorithms) +
                depth()},
           anchor);
      return;
    case SignatureError::kUnsupported:
      note(Progress::kSignature,
           {Verdict::kCertificateUntrusted, kClause + "unsupported signature algorithm" + depth()}, anchor);
      return;
    case SignatureError::kInvalid:
      note(Progress::kSignature,
           {Verdict::kCertificateUntrusted, kClause + "not signed by any issuer with that name" + depth()},
           anchor);
      return;
  }
}

void PathBuilder::exhaust(const char* what) {
  if (!exhausted_) note_exhausted(what);
  exhausted_ = true;
}

void PathBuilder::note_exhausted(const char* what) {
  note(Progress::kExhausted,
       {Verdict::kCertificateUntrusted, std::string("path building: ") + what + depth()}, "");
}

void PathBuilder::note(Progress progress, Refusal refusal, const std::string& anchor) {
  if (failure_.tried.size() < kMaxTriedPaths)
    failure_.tried.push_back(
        {anchor, chain_.size() + (anchor.empty() ? 1 : 2), refusal.verdict, refusal.clause});
  if (progress <= progress_) return;
  progress_ = progress;
  failure_.verdict = refusal.verdict;
  failure_.clause = std::move(refusal.clause);
  failure_.anchor = anchor;
  failure_.by_caller = progress == Progress::kAccept;
}

Expected<VerifiedCertificate, PathError> validate_path(const Certificate& leaf,
                                                       std::span<const Certificate> pool,
                                                       const trust::TrustStore& anchors,
                                                       const PathPolicy& policy, Time now,
                                                       const Accept& accept) {
  return PathBuilder(leaf, pool, anchors, policy, now, accept).run();
}

}  // namespace jpki::path
