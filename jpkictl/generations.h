// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Generations of anchors over time (R3 to R6): which are in force, and which is the newest of a kind.
#pragma once

#include "validator/trust/trust_store.h"

#include <string>
#include <vector>

namespace jpki::ctl {

enum class AnchorState {
  kInForce,
  kNotYet,         // accept_from is still to come
  kRetired,        // accept_until has passed
  kCaNotYetValid,  // its certificate is not valid yet
  kCaExpired,      // its certificate's notAfter has passed
};
std::string_view name_of(AnchorState state) noexcept;

AnchorState state_at(const trust::Anchor& anchor, Time when);

// May certificates of this kind end at the anchor, at this time?
bool lets_in(const trust::Anchor& anchor, x509::Kind kind, Time when);

// Names of those that let this kind in, oldest first: by accept_from, else by the certificate's notBefore.
std::vector<std::string> in_force(const trust::TrustStore& anchors, x509::Kind kind, Time when);

}  // namespace jpki::ctl
