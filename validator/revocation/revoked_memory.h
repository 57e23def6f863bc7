// SPDX-License-Identifier: LGPL-2.1-or-later
//
// RevokedMemory: certificates that some source has once called revoked (R7). A source that does not know it yet,
// such as yesterday's CRL at night, cannot revive them.
#pragma once

#include "base/expected.h"
#include "base/time.h"
#include "validator/x509/certificate.h"

#include <string>

namespace jpki::revocation {

class RevokedMemory {
 public:
  virtual ~RevokedMemory() = default;
  // The text of an error says why the memory cannot be used: nobody may then be called good.
  virtual Expected<bool, std::string> knows(const x509::Certificate& certificate,
                                            const x509::Certificate& issuer) const = 0;
  virtual Expected<Unit, std::string> remember(const x509::Certificate& certificate,
                                               const x509::Certificate& issuer) = 0;
};

}  // namespace jpki::revocation
