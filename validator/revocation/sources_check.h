// SPDX-License-Identifier: LGPL-2.1-or-later
//
// SourcesCheck: the sources of jpki.toml in their order (R7, R8, R14). For each certificate below the anchor
// the first source in service whose answer is conclusive decides; revoked is final whoever says it, and is
// remembered. CRLs are always looked at for revoked, also by night, also stale ones.
//
// begin() has every network source asked at once that stands before a conclusive CRL; conclude() reads their
// answers in the order of the rules, and of the further ones what is there already.
#pragma once

#include "validator/revocation/inquiry.h"
#include "validator/revocation/sources.h"

#include <memory>

namespace jpki::revocation {

class SourcesCheck final : public RevocationCheck {
 public:
  explicit SourcesCheck(Sources sources) : sources_(std::move(sources)) {}

  Expected<bool, RevocationError> look(const path::VerifiedCertificate& path, Time now) override;
  Expected<Unit, RevocationError> begin(Time now) override;
  Expected<Evidence, RevocationError> conclude(Time now) override;
  std::vector<SourceTrace> trace() const override;
  // After conclude(): what each certificate's status rests on, leaf first; nothing for one that is not good.
  const std::vector<std::optional<Evidence>>& evidence() const { return evidence_; }

 private:
  Sources sources_;
  std::vector<std::unique_ptr<Inquiry>> inquiries_;  // one for each certificate below the anchor, leaf first
  std::vector<schedule::PlannedSource> planned_;     // none before a look() that did not refuse
  std::vector<std::optional<Evidence>> evidence_;
};

}  // namespace jpki::revocation
