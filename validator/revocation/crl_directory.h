// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Revocation by signed CRL files of one local directory (RFC 5280 5 and 6.3): every file is read at every
// check, and all must be there that belong together (a delta and its base, the CRLs of all reasons). For
// sites with few CRLs, and to judge the compiled index by.
#pragma once

#include "base/safe_file.h"
#include "validator/crl/crl_policy.h"
#include "validator/revocation/crl_evidence.h"
#include "validator/revocation/revocation_source.h"

#include <span>
#include <string>

namespace jpki::revocation {

inline constexpr std::size_t kMaxCrlSize = 256u << 20;

class CrlDirectory final : public RevocationSource, public CrlEvidence {
 public:
  // `signers`: untrusted certificates of CRL signers that are on no path, and what leads from them to the
  // anchor; they must outlive this.
  CrlDirectory(std::string directory, crl::CrlPolicy policy, FileTrust files = {.max_size = kMaxCrlSize},
               std::span<const x509::Certificate> signers = {});
  Expected<Evidence, RevocationError> check(const path::VerifiedCertificate& certificate,
                                            Time now) const override;
  crl::Finding find(const x509::Certificate& subject, std::span<const x509::Certificate* const> chain,
                    const trust::Anchor& anchor, Time now) const override;

 private:
  std::string directory_;  // *.crl, DER
  crl::CrlPolicy policy_;
  FileTrust files_;
  std::span<const x509::Certificate> signers_;
};

}  // namespace jpki::revocation
