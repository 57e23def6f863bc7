// SPDX-License-Identifier: LGPL-2.1-or-later
//
// [smartphone]: whose smartphone may stand in the place of a card. Its certificate is told only after its
// PIN.
#pragma once

#include <algorithm>
#include <string>
#include <vector>

namespace jpki::config {

struct SmartphonePolicy {
  std::vector<std::string> accounts;
  std::vector<std::string> groups;  // of Unix: their members

  bool enabled() const { return !accounts.empty() || !groups.empty(); }
  bool names(const std::string& account) const {
    return std::ranges::find(accounts, account) != accounts.end();
  }
  bool operator==(const SmartphonePolicy&) const = default;
};

}  // namespace jpki::config
