// SPDX-License-Identifier: LGPL-2.1-or-later
//
// What jpki-self-registration does with a question: it decides anew, with what lies here now, and writes the
// overlay.
#pragma once

#include "base/self_registration_protocol.h"
#include "base/time.h"
#include "validator/self_registration/decision.h"

#include <sys/types.h>

namespace jpki::self_registration {

inline constexpr char kProgram[] = JPKI_LIBEXECDIR "/jpki-self-registration";

struct Registrar {
  const config::SelfRegistrationPolicy& policy;
  const map::AccountMap& accounts;
  std::function<bool(const std::string& account)> ordinary;
  Time now;
  std::string directory;  // of the overlay
  uid_t owner = 0;        // whose that must be: the user of this process
};

// On disk when it says so.
SelfRegistrationAnswer register_card(const SelfRegistrationQuestion& question, const Registrar& registrar);

}  // namespace jpki::self_registration
