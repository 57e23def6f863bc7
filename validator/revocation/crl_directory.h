// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Revocation by signed CRL files of one local directory (RFC 5280 5 and 6.3, first version: full CRLs and
// partitions whose IDP matches the certificate's CRLDP; indirect, delta and reason-scoped CRLs are refused).
#pragma once

#include "base/safe_file.h"
#include "validator/crl/crl_policy.h"
#include "validator/revocation/revocation_source.h"

#include <string>

namespace jpki::revocation {

inline constexpr std::size_t kMaxCrlSize = 256u << 20;

class CrlDirectory final : public RevocationSource {
 public:
  CrlDirectory(std::string directory, crl::CrlPolicy policy,
               FileTrust files = {.max_size = kMaxCrlSize});
  Expected<Evidence, RevocationError> check(const path::VerifiedCertificate& certificate,
                                            Time now) const override;

 private:
  std::string directory_;  // *.crl, DER
  crl::CrlPolicy policy_;
  FileTrust files_;
};

}  // namespace jpki::revocation
