// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Succession: how a renewed card logs in without a visit (R9), as the engine sees it. Nobody is taken for
// another because they are called alike: a source has to assert which certificate stands in place of which.
#pragma once

#include "base/expected.h"
#include "base/time.h"
#include "validator/path/path.h"

#include <cstdint>
#include <string>

namespace jpki::succession {

// Of a certificate that no map binds.
struct Proposal {
  std::string account;          // that the PIN is asked for
  bool to_be_confirmed = true;  // not registered here yet: sources have to be asked once the PIN was right
};

class Succession {
 public:
  virtual ~Succession() = default;

  // By what lies on this machine. `named`: empty where the card says who; then a source that leaves the
  // machine cannot be asked, because a PIN is asked for an account. The error, why nobody, is for the log.
  virtual Expected<Proposal, std::string> propose(const path::VerifiedCertificate& certificate,
                                                  const std::string& named) const = 0;

  // Asks every source, decides, and registers: after the proof of possession and a good revocation status.
  // How many days the older certificate still counts here.
  virtual Expected<std::uint8_t, std::string> confirm(const path::VerifiedCertificate& certificate,
                                                      const std::string& account) = 0;

  // Of a login with a certificate that a map binds: it stays on this machine where a source may name it by
  // its serial number once it is replaced.
  virtual void keep(const path::VerifiedCertificate& certificate, Time now) const = 0;

  // Of a certificate that a map binds: false when another one stands in its place here and the overlap is
  // over. The error: it cannot be told.
  virtual Expected<bool, std::string> still_counts(const path::VerifiedCertificate& certificate,
                                                   Time now) const = 0;
};

}  // namespace jpki::succession
