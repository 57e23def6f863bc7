// SPDX-License-Identifier: LGPL-2.1-or-later
//
// [unlock]: what may unlock a session that a card opened, other than a login by card and PIN (R11).
#pragma once

#include <chrono>

namespace jpki::config {

struct UnlockPolicy {
  bool presence = false;                // the same card in a reader, beside another factor's module
  bool recent = false;                  // another factor's module alone
  std::chrono::minutes max_age{480};    // since the card login that opened the session
  std::chrono::seconds min_locked{30};  // who is leaving may still be in front of the camera
  bool operator==(const UnlockPolicy&) const = default;
};

}  // namespace jpki::config
