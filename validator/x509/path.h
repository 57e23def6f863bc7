// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Path building and validation (RFC 5280 section 6). First version: a plain chain, leaf → … → anchor, every
// certificate checked for signature, validity, name chaining, CA flag, path length, key usage, critical
// extensions and policy. Cross-certificates, mappings and name constraints: refused, not ignored.
#pragma once

#include "base/verdict.h"
#include "validator/trust/trust_store.h"
#include "validator/x509/certificate.h"

#include <span>
#include <string>
#include <vector>

namespace jpki::x509 {

struct PathPolicy {
  std::vector<std::string> acceptable_policies;  // one of them must be in every certificate below the anchor
                                                 // that carries policies, and in the leaf; empty: any
  Kind kind = Kind::kUnknown;                    // anchors that do not vouch for this kind are not tried
  bool allow_sha1 = false;
  unsigned min_rsa_bits = 2048;
  std::size_t max_path_length = 6;  // certificates between leaf and anchor
};

// Why a certificate was refused: the clause for the log, the verdict for the person.
struct PathError {
  Verdict verdict;
  std::string clause;  // "RFC 5280 6.1.3(a)(2): notAfter is past, depth 0"; no personal data
};

// A certificate whose path to an anchor was validated. Only validate_path() makes one; revocation checking
// and account mapping take nothing else.
class VerifiedCertificate {
 public:
  const Certificate& leaf() const { return *leaf_; }
  // The certificate that issued the leaf: an intermediate of the path, or the anchor's own.
  const Certificate& issuer() const { return *chain_.front(); }
  // Issuer first, anchor last.
  std::span<const Certificate* const> chain() const { return chain_; }
  const trust::Anchor& anchor() const { return *anchor_; }
  Kind kind() const { return kind_; }

 private:
  VerifiedCertificate(const Certificate& leaf, std::vector<const Certificate*> chain,
                      const trust::Anchor& anchor, Kind kind)
      : leaf_(&leaf), chain_(std::move(chain)), anchor_(&anchor), kind_(kind) {}
  friend class PathValidator;

  const Certificate* leaf_;  // the caller's objects; they must outlive this
  std::vector<const Certificate*> chain_;
  const trust::Anchor* anchor_;
  Kind kind_;
};

// Builds and validates a path from `leaf` over `pool` (untrusted intermediates, any order, from anywhere) to
// one of `anchors`. All generations of a CA may share one DN: every anchor and pool certificate with a
// matching name is tried. On failure: the reason of the path that came furthest.
Expected<VerifiedCertificate, PathError> validate_path(const Certificate& leaf,
                                                       std::span<const Certificate> pool,
                                                       const trust::TrustStore& anchors,
                                                       const PathPolicy& policy, Time now);

}  // namespace jpki::x509
