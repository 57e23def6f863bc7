// SPDX-License-Identifier: LGPL-2.1-or-later
//
// What jpki-succession does with a question: it asks every source, decides, and writes the overlay. It
// believes the login nothing but that a PIN was right: which certificate stands in place of which, it hears
// from the sources.
#pragma once

#include "base/time.h"
#include "validator/config/succession_policy.h"
#include "validator/map/account_map.h"
#include "validator/succession/decision.h"
#include "validator/succession/registrar_messages.h"

#include <sys/types.h>

namespace jpki::succession {

struct Registrar {
  const config::SuccessionPolicy& policy;
  const map::AccountMap& accounts;
  std::function<bool(const std::string& account)> ordinary;
  Time now;
  // Asks the responders of the site; empty: they are no source. Asked last: it may confine the process.
  std::function<Answer(const x509::Certificate& certificate, x509::Kind kind)> ocsp = {};
  int starter = -1;   // ask_resolver()
  uid_t feed = 0;     // whose feed and resolver must be
  uid_t overlay = 0;  // whose the overlay must be: the user of this process
};

// On disk when it says so. One that is registered already is not registered anew.
Reply register_successor(const Question& question, const Registrar& registrar);

}  // namespace jpki::succession
