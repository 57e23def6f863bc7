// SPDX-License-Identifier: LGPL-2.1-or-later
//
// AccountMap: which account a verified certificate is bound to.
#pragma once

#include "base/expected.h"
#include "base/verdict.h"
#include "validator/path/path.h"
#include "validator/x509/kind.h"

#include <string>
#include <vector>

namespace jpki::map {

struct MapError {
  Verdict verdict;    // kNotMapped, kMappingAmbiguous, kMapUnusable; kAccountDisabled and kKindLgpkiRole
  std::string cause;  // for the log: file:line and a hint; no personal data
};

class AccountMap {
 public:
  virtual ~AccountMap() = default;
  virtual Expected<std::string, MapError> account_of(const path::VerifiedCertificate& certificate) const = 0;
  // The same of a certificate of `kind` that is not at hand, by strings that name it: canonical, strong.
  virtual Expected<std::string, MapError> account_of_strings(const std::vector<std::string>& mappings,
                                                             x509::Kind kind) const = 0;
};

}  // namespace jpki::map
