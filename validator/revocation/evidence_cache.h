// SPDX-License-Identifier: LGPL-2.1-or-later
//
// EvidenceCache: signed OCSP answers as they were received, for sources of freshness "cached". They came from
// the network: whoever takes one verifies it again, after the PIN is wiped. At most kMaxKept; the oldest go.
#pragma once

#include "validator/revocation/evidence_directory.h"

namespace jpki::revocation {

class EvidenceCache {
 public:
  static constexpr std::size_t kMaxKept = 512;

  // `directory` must outlive the cache.
  explicit EvidenceCache(const EvidenceDirectory& directory) : directory_(directory) {}

  // Is there one that may still count at `now`? Reads what keep() noted beside the answer, and none of the
  // answer.
  bool holds(const std::string& source, const x509::Certificate& certificate, const x509::Certificate& issuer,
             Time now) const;
  // Nothing when there is none, or it cannot be read.
  std::optional<Blob> take(const std::string& source, const x509::Certificate& certificate,
                           const x509::Certificate& issuer) const;
  // Until `counts_until`, in place of an older one.
  Expected<Unit, std::string> keep(const std::string& source, const x509::Certificate& certificate,
                                   const x509::Certificate& issuer, Bytes answer, Time counts_until) const;
  Expected<Unit, std::string> drop(const std::string& source, const x509::Certificate& certificate,
                                   const x509::Certificate& issuer) const;
  // Drops all of them, as far as it can.
  void clear() const;

 private:
  Expected<Unit, std::string> make_room() const;

  const EvidenceDirectory& directory_;
};

}  // namespace jpki::revocation
