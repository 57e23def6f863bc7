// SPDX-License-Identifier: LGPL-2.1-or-later
//
// KnownCertificates: the certificates that logged in to this machine, so that one which a source names by
// its serial number can be found when it has been replaced. They lie among what logins leave
// (revocation/evidence_directory.h), under a keyed hash of issuer and serial number. Nobody has to believe
// them: whoever takes one verifies who signed it.
#pragma once

#include "base/time.h"
#include "validator/revocation/evidence_directory.h"

namespace jpki::succession {

class KnownCertificates {
 public:
  static constexpr std::size_t kMostKept = 1024;  // those go that were not used for longest
  static constexpr std::size_t kMaxSize = 4096;   // octets of one
  static constexpr std::chrono::days kKeptAfterExpiry{180};

  // `directory` must outlive it.
  explicit KnownCertificates(const revocation::EvidenceDirectory& directory) : directory_(directory) {}

  // Anew also when it is there: its age is that of the last login. Before one is added, those go that expired
  // long ago.
  Expected<Unit, std::string> keep(const x509::Certificate& certificate, const x509::Certificate& issuer,
                                   Time now) const;
  // `serial`: contents of the INTEGER.
  std::optional<Blob> find(Bytes serial, const x509::Certificate& issuer) const;

 private:
  Expected<Unit, std::string> make_room(Time now) const;

  const revocation::EvidenceDirectory& directory_;
};

}  // namespace jpki::succession
