// SPDX-License-Identifier: LGPL-2.1-or-later
//
// LocalSelfRegistration: what people registered on this machine, in the process of a login. It reads the
// overlay and asks the name service before the login confines itself, and changes nothing: what is
// registered, jpki-self-registration writes, when the login has succeeded by another module.
#pragma once

#include "base/protocol.h"
#include "validator/self_registration/decision.h"
#include "validator/self_registration/self_registration.h"

#include <set>

namespace jpki::self_registration {

class LocalSelfRegistration final : public SelfRegistration {
 public:
  using Ordinary = std::function<bool(const std::string& account)>;

  // `policy` and `accounts` must outlive it. `owner`: whose the overlay in `directory` must be.
  LocalSelfRegistration(const Start& start, const config::SelfRegistrationPolicy& policy,
                        const map::AccountMap& accounts, const std::string& directory, uid_t owner,
                        const Ordinary& ordinary);

  Expected<std::string, map::MapError> account_of(
      const path::VerifiedCertificate& certificate) const override;
  Expected<std::string, std::string> offer(const path::VerifiedCertificate& certificate,
                                           const std::string& account) const override;
  bool has_other_card(const path::VerifiedCertificate& certificate,
                      const std::string& account) const override;

 private:
  const std::string service_;
  const config::SelfRegistrationPolicy& policy_;
  const map::AccountMap& accounts_;
  Expected<std::vector<succession::Entry>, std::string> overlay_;
  std::set<std::string> ordinary_;  // those of them that this login may be about
};

}  // namespace jpki::self_registration
