// SPDX-License-Identifier: LGPL-2.1-or-later
//
// CrlEvidence: what the CRLs at hand say, wherever they lie.
#pragma once

#include "validator/crl/crl_check.h"
#include "validator/path/path.h"

#include <span>

namespace jpki::revocation {

class CrlEvidence {
 public:
  virtual ~CrlEvidence() = default;
  // About `subject`; `chain` is the validated path above it, its issuer first, `anchor` where that ends.
  virtual crl::Finding find(const x509::Certificate& subject, std::span<const x509::Certificate* const> chain,
                            const trust::Anchor& anchor, Time now) const = 0;
  // Is `now` before a time that has been for certain? Then an old statement of any source may look fresh.
  virtual bool clock_is_behind(Time) const { return false; }
};

}  // namespace jpki::revocation
