// SPDX-License-Identifier: LGPL-2.1-or-later
//
// RevocationSource: tells whether a certificate with a validated path is revoked. No evidence is no login.
#pragma once

#include "base/expected.h"
#include "base/verdict.h"
#include "validator/revocation/revocation_check.h"

#include <chrono>
#include <string>

namespace jpki::revocation {

class RevocationSource {
 public:
  virtual ~RevocationSource() = default;
  // Good with its evidence, or why not. Every certificate below the anchor must be covered.
  virtual Expected<Evidence, RevocationError> check(const path::VerifiedCertificate& certificate,
                                                    Time now) const = 0;
};

}  // namespace jpki::revocation
