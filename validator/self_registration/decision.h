// SPDX-License-Identifier: LGPL-2.1-or-later
//
// The decision: may a verified card that nobody has be registered by the person who holds it, for the account
// whose password they know? Pure. It is made twice: before the PIN is asked for, and where it is written.
#pragma once

#include "validator/config/self_registration_policy.h"
#include "validator/map/account_map.h"
#include "validator/succession/overlay.h"

#include <functional>
#include <string>
#include <vector>

namespace jpki::self_registration {

struct Facts {
  x509::Kind kind;                 // of the certificate
  std::vector<std::string> names;  // canonical mapping strings of the certificate, at least its thumbprint's
  std::string account;             // for which it is to be registered
  std::string service;             // of PAM
  const config::SelfRegistrationPolicy& policy;
  const map::AccountMap& accounts;
  const std::vector<succession::Entry>& overlay;
  // Whether the account exists, and is nobody's who administers this machine or the directory.
  std::function<bool(const std::string& account)> ordinary;
};

enum class Grant {
  kAtOnce,      // logs in from now on
  kOnApproval,  // when an administrator has agreed
  kAlready,     // what was granted before is still undecided: nothing is to be written
};

// May it, when
//   - the service is one of [self_registration] services;
//   - the certificate is a person's, not an office's (LGPKI role certificates go from hand to hand);
//   - the account is ordinary;
//   - no map binds the certificate to anybody, and the maps can tell;
//   - the overlay has it for nobody else: not in place of an older one, not replaced, not for another
//   account;
//   - no administrator refused this card for this account;
//   - no other card of the account waits for an administrator: one at a time.
// The error says which of these it was, for the log; no personal data.
Expected<Grant, std::string> decide(const Facts& facts);

// Of a certificate that no map binds: what its holder registered here, undecided; nullptr: nothing.
const succession::Entry* entry_of(const std::vector<succession::Entry>& overlay,
                                  const std::vector<std::string>& names);

// Whether a card with none of `names` was registered by somebody for the account, undecided.
bool has_other_card(const std::vector<succession::Entry>& overlay, const std::string& account,
                    const std::vector<std::string>& names);

}  // namespace jpki::self_registration
