// SPDX-License-Identifier: LGPL-2.1-or-later
//
// [self_registration]: where people may register a card of their own at the prompt, with their account's
// password and the card's PIN.
#pragma once

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

namespace jpki::config {

struct SelfRegistrationPolicy {
  std::vector<std::string> services;  // of PAM, in which it is offered; empty: nowhere
  bool at_once = false;               // the card logs in from then on; else when an administrator has agreed
  // Besides the groups that administer this computer: nobody in one of these ever registers.
  std::vector<std::string> never_groups = {"domain admins", "enterprise admins", "schema admins",
                                           "administrators"};

  bool enabled() const { return !services.empty(); }
  bool wanted_for(std::string_view service) const {
    return std::ranges::find(services, service) != services.end();
  }
  bool operator==(const SelfRegistrationPolicy&) const = default;
};

}  // namespace jpki::config
