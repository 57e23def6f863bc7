// SPDX-License-Identifier: LGPL-2.1-or-later
#include "jpkictl/generations.h"

#include <algorithm>

namespace jpki::ctl {

std::string_view name_of(AnchorState state) noexcept {
  switch (state) {
    case AnchorState::kInForce:
      return "in force";
    case AnchorState::kNotYet:
      return "not yet";
    case AnchorState::kRetired:
      return "retired";
    case AnchorState::kCaNotYetValid:
      return "not valid yet";
    case AnchorState::kCaExpired:
      return "expired";
  }
  return "";
}

AnchorState state_at(const trust::Anchor& anchor, Time when) {
  if (anchor.accept_until && *anchor.accept_until <= when) return AnchorState::kRetired;
  if (anchor.accept_from && when < *anchor.accept_from) return AnchorState::kNotYet;
  if (anchor.certificate.not_after() < when) return AnchorState::kCaExpired;
  if (when < anchor.certificate.not_before()) return AnchorState::kCaNotYetValid;
  return AnchorState::kInForce;
}

bool lets_in(const trust::Anchor& anchor, x509::Kind kind, Time when) {
  return anchor.serves(trust::Function::kLogin) && anchor.vouches_for(kind) &&
         state_at(anchor, when) == AnchorState::kInForce;
}

std::vector<std::string> in_force(const trust::TrustStore& anchors, x509::Kind kind, Time when) {
  std::vector<const trust::Anchor*> found;
  for (const trust::Anchor& anchor : anchors)
    if (lets_in(anchor, kind, when)) found.push_back(&anchor);
  std::ranges::stable_sort(found, {}, [](const trust::Anchor* anchor) {
    return anchor->accept_from.value_or(anchor->certificate.not_before());
  });
  std::vector<std::string> names;
  for (const trust::Anchor* anchor : found) names.push_back(anchor->name);
  return names;
}

}  // namespace jpki::ctl
