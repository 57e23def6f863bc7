// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Whether a screen may be unlocked without a PIN (R11): decided by what the system tells of the sessions that
// may be meant, the time, and [unlock]. Pure. Whatever cannot be told is "no".
#pragma once

#include "base/boot_clock.h"
#include "base/expected.h"
#include "base/protocol.h"
#include "validator/config/unlock_policy.h"

#include <string>
#include <vector>

namespace jpki::unlock {

struct Moment {
  BootTime up;
  Time clock{};
  std::chrono::seconds skew{};  // by which an honest clock may have been set back
};

struct Refused {
  Verdict verdict;
  std::string cause;  // for the log
};

// Why this one session may not be unlocked in this way.
Expected<Unit, Refused> may_unlock(Purpose purpose, const CardSession& session,
                                   const config::UnlockPolicy& policy, const Moment& moment);

// All of them must allow it, for nobody knows which is meant; and there must be one.
Expected<Unit, Refused> may_unlock(Purpose purpose, const std::vector<CardSession>& sessions,
                                   const config::UnlockPolicy& policy, const Moment& moment);

}  // namespace jpki::unlock
