// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Revocation by signed CRL files of one local directory (RFC 5280 5 and 6.3, first version: full CRLs and
// partitions whose IDP matches the certificate's CRLDP; indirect, delta and reason-scoped CRLs are refused).
#pragma once

#include "base/safe_file.h"
#include "validator/revocation/revocation_source.h"
#include "validator/x509/signature.h"

#include <string>

namespace jpki::revocation {

struct CrlPolicy {
  std::chrono::seconds max_age{
      std::chrono::hours(48)};  // hard limit since thisUpdate, whatever nextUpdate says
  std::chrono::seconds clock_skew{std::chrono::minutes(5)};  // thisUpdate may be this far in the future
  x509::AlgorithmPolicy algorithms;
  FileTrust files{.max_size = 256u << 20};
};

class CrlDirectory final : public RevocationSource {
 public:
  CrlDirectory(std::string directory, CrlPolicy policy);
  Expected<Evidence, RevocationError> check(const x509::VerifiedCertificate& certificate,
                                            Time now) const override;

 private:
  std::string directory_;  // *.crl, DER
  CrlPolicy policy_;
};

}  // namespace jpki::revocation
