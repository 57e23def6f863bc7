// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Cards that people registered by themselves, as the engine sees them.
#pragma once

#include "base/expected.h"
#include "validator/map/account_map.h"
#include "validator/path/path.h"

#include <string>

namespace jpki::self_registration {

class SelfRegistration {
 public:
  virtual ~SelfRegistration() = default;

  // Of a certificate that no map binds: the account that it logs in to. kRegistrationPending: an
  // administrator has not agreed yet. kNotMapped: nobody registered it, or it counts for nothing.
  virtual Expected<std::string, map::MapError> account_of(
      const path::VerifiedCertificate& certificate) const = 0;

  // Purpose::kRegister: the mapping string under which the certificate may be registered for `account`. The
  // error, why not, is for the log.
  virtual Expected<std::string, std::string> offer(const path::VerifiedCertificate& certificate,
                                                   const std::string& account) const = 0;

  // Whether another card was registered by somebody for the account, and no administrator has decided: its
  // owner has to know.
  virtual bool has_other_card(const path::VerifiedCertificate& certificate,
                              const std::string& account) const = 0;
};

}  // namespace jpki::self_registration
