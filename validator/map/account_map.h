// SPDX-License-Identifier: LGPL-2.1-or-later
//
// AccountMap: which account a verified certificate is bound to.
#pragma once

#include "base/expected.h"
#include "base/verdict.h"
#include "validator/path/path.h"

#include <string>

namespace jpki::map {

struct MapError {
  Verdict verdict;    // kNotMapped, kMappingAmbiguous, kMapUnusable; kAccountDisabled and kKindLgpkiRole
  std::string cause;  // for the log: file:line and a hint; no personal data
};

class AccountMap {
 public:
  virtual ~AccountMap() = default;
  virtual Expected<std::string, MapError> account_of(const path::VerifiedCertificate& certificate) const = 0;
};

}  // namespace jpki::map
