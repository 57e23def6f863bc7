// SPDX-License-Identifier: LGPL-2.1-or-later
//
// IndexedCrls: CrlEvidence from the index that jpki-crl-refresh compiled.
#pragma once

#include "validator/crl/crl_index.h"
#include "validator/revocation/crl_evidence.h"

#include <deque>
#include <string>

namespace jpki::revocation {

// The CRLs that may tell the status of `subject`, and those that tell that of a CRL signer out of `pool`. The
// error: how the index is damaged, and what to run.
Expected<std::deque<crl::IndexedCrl>, std::string> candidates(const crl::CrlIndex& index,
                                                              const x509::Certificate& subject,
                                                              const x509::Certificate& issuer,
                                                              std::span<const x509::Certificate> pool);

class IndexedCrls final : public CrlEvidence {
 public:
  // Opens `path`, before the caller confines itself. Without an index nothing is covered, and findings say
  // what to run. Of one that was written later than now, or has a CRL about the certificate that is dated
  // later, only "revoked" counts. `pool` and `anchors` (crl_check.h) must outlive this.
  IndexedCrls(const std::string& path, std::span<const x509::Certificate> pool,
              std::span<const trust::Anchor> anchors, const crl::CrlPolicy& policy,
              const FileTrust& trust = {.secret = true});

  crl::Finding find(const x509::Certificate& subject, std::span<const x509::Certificate* const> chain,
                    const trust::Anchor& anchor, Time now) const override;
  // Behind the time at which the index was written.
  bool clock_is_behind(Time now) const override { return now + policy_.clock_skew < written_; }

  // Nothing when it cannot be used; see problem().
  const crl::CrlIndex* index() const { return index_ ? &*index_ : nullptr; }
  const crl::Finding& problem() const { return problem_; }

 private:
  std::optional<crl::CrlIndex> index_;
  crl::Finding problem_;
  Time written_{};  // the index
  std::span<const x509::Certificate> pool_;
  std::span<const trust::Anchor> anchors_;
  crl::CrlPolicy policy_;
};

}  // namespace jpki::revocation
