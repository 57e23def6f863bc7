// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Path building and validation: every path from a certificate over untrusted intermediates to a trust anchor,
// each judged by RFC 5280 section 6.1. A pure function of certificates, rules and time.
#pragma once

#include "base/verdict.h"
#include "validator/trust/trust_store.h"
#include "validator/x509/certificate.h"
#include "validator/x509/signature.h"

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace jpki::path {

// The inputs of RFC 5280 6.1.1 that are rules, and which anchors may be tried at all. An anchor's own
// constraints (trust_store.h) are added to these, never taken away.
struct PathPolicy {
  std::vector<std::string> initial_policies;  // user-initial-policy-set (c), dotted OIDs; empty: any-policy
  bool explicit_policy = false;               // (f)
  bool inhibit_mapping = false;               // (e)
  bool inhibit_any = false;                   // (g)
  std::optional<x509::Kind> kind;  // anchors that do not vouch for this kind are not tried; nothing: any
  trust::Function function = trust::Function::kLogin;  // nor those without this function
  x509::AlgorithmPolicy algorithms = {};
  std::size_t max_path_length = 8;  // certificates between the target and the anchor, self-issued included
};

// The first clause that failed.
struct Refusal {
  Verdict verdict;
  std::string clause;        // "RFC 5280 6.1.3(a)(2): notAfter is past, depth 0"; no personal data
  bool ends_search = false;  // of an Accept: no further path is built
};

// One path that was built and refused: the first clause that failed, from the anchor down. Signatures are
// verified from the leaf up while it is built: one that fails ends it before an anchor is reached.
struct TriedPath {
  std::string anchor;  // its name in anchors.d; empty when no anchor was reached
  std::size_t length;  // certificates, the target included
  Verdict verdict;
  std::string clause;
};

// Why a certificate was refused. `verdict` and `clause` are those of the path that came furthest:
// kAnchorRetired when only the anchor's administrative window stood in the way.
struct PathError {
  Verdict verdict;
  std::string clause;
  std::vector<TriedPath> tried;  // in the order of building; at most kMaxTriedPaths
  std::string anchor = {};       // of that path; empty when no anchor was reached
  bool by_caller = false;        // an Accept refused it: the path itself is valid
};
inline constexpr std::size_t kMaxTriedPaths = 64;

// A certificate whose path to an anchor was validated. Only validate_path() makes one; revocation checking
// and account mapping take nothing else.
class VerifiedCertificate {
 public:
  const x509::Certificate& leaf() const { return *leaf_; }
  // The certificate that issued the leaf: an intermediate of the path, or the anchor's own.
  const x509::Certificate& issuer() const { return *chain_.front(); }
  // Issuer first, anchor last.
  std::span<const x509::Certificate* const> chain() const { return chain_; }
  const trust::Anchor& anchor() const { return *anchor_; }
  std::optional<x509::Kind> kind() const { return kind_; }
  // user-constrained-policy-set (6.1.6), sorted; anyPolicy in it when every policy is valid.
  const std::vector<std::string>& policies() const { return policies_; }

 private:
  VerifiedCertificate(const x509::Certificate& leaf, std::vector<const x509::Certificate*> chain,
                      const trust::Anchor& anchor, std::optional<x509::Kind> kind,
                      std::vector<std::string> policies)
      : leaf_(&leaf),
        chain_(std::move(chain)),
        anchor_(&anchor),
        kind_(kind),
        policies_(std::move(policies)) {}
  friend class PathBuilder;

  const x509::Certificate* leaf_;  // the caller's objects; they must outlive this
  std::vector<const x509::Certificate*> chain_;
  const trust::Anchor* anchor_;
  std::optional<x509::Kind> kind_;
  std::vector<std::string> policies_;
};

// Asked about each path that validates: nothing to take it, a refusal to have the next one built, or none
// when it ends the search. For what RFC 5280 6.1.3(a)(3) asks and this function does not know: whether a
// certificate of the path is revoked.
using Accept = std::function<std::optional<Refusal>(const VerifiedCertificate&)>;

// Builds and validates a path from `leaf` over `pool` (untrusted intermediates, any order, from anywhere) to
// one of `anchors`, the shortest first. All generations of a CA may share one DN; cross- and self-issued
// rollover certificates may loop: every anchor and pool certificate with a matching name and key is tried, no
// authority (name and key) comes twice in a path, and no signature is verified twice. The work is bounded:
// kMaxVerifications signatures, kMaxIssuers keys that did not sign a certificate, kMaxCandidates whole paths,
// about kMaxSteps extensions of a path; a certificate that is not accepted within them is refused.
inline constexpr unsigned kMaxVerifications = 256;
inline constexpr unsigned kMaxIssuers = 64;
inline constexpr unsigned kMaxCandidates = 256;
inline constexpr unsigned kMaxSteps = 8192;
Expected<VerifiedCertificate, PathError> validate_path(const x509::Certificate& leaf,
                                                       std::span<const x509::Certificate> pool,
                                                       const trust::TrustStore& anchors,
                                                       const PathPolicy& policy, Time now,
                                                       const Accept& accept = {});

}  // namespace jpki::path
