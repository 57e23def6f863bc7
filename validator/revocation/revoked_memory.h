// SPDX-License-Identifier: LGPL-2.1-or-later
//
// RevokedMemory: certificates that some source has once called revoked (R7). A source that does not know it
// yet, such as yesterday's CRL at night, cannot revive them.
#pragma once

#include "base/expected.h"
#include "base/time.h"
#include "validator/x509/certificate.h"

#include <optional>
#include <string>

namespace jpki::revocation {

// On hold (certificateHold, as JPKI suspends a lost card) is taken back by a statement that is newer than the
// one that said so; all other revocations are for good.
struct Remembered {
  bool on_hold = false;
  Time this_update{};  // of the statement
};

class RevokedMemory {
 public:
  virtual ~RevokedMemory() = default;
  // The text of an error says why the memory cannot be used: nobody may then be called good.
  virtual Expected<std::optional<Remembered>, std::string> recall(const x509::Certificate& certificate,
                                                                  const x509::Certificate& issuer) const = 0;
  // On disk when it returns. A hold never replaces what is for good.
  virtual Expected<Unit, std::string> remember(const x509::Certificate& certificate,
                                               const x509::Certificate& issuer, const Remembered& what) = 0;
  // Of a hold that was taken back.
  virtual Expected<Unit, std::string> forget_hold(const x509::Certificate& certificate,
                                                  const x509::Certificate& issuer) = 0;
};

}  // namespace jpki::revocation
