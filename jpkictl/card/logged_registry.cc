// SPDX-License-Identifier: LGPL-2.1-or-later
#include "jpkictl/card/logged_registry.h"

#include <fmt/format.h>

namespace jpki::ctl::card {

void LoggedRegistry::tell(const std::string& what) const {
  announce_(fmt::format("{} in=\"{}\" by={}", what, name(), by_));
}

Expected<Change, Trouble> LoggedRegistry::add(const Claim& claim) {
  auto done = registry_->add(claim);
  if (done && *done == Change::kDone) tell("card registered account=" + claim.account);
  return done;
}

Expected<Change, Trouble> LoggedRegistry::remove(const Held& binding) {
  auto done = registry_->remove(binding);
  if (done && *done == Change::kDone) tell("card taken back account=" + binding.account);
  return done;
}

Expected<std::size_t, Trouble> LoggedRegistry::move(const std::string& from, const std::string& to) {
  auto moved = registry_->move(from, to);
  if (moved && *moved > 0) tell(fmt::format("{} card(s) moved from={} account={}", *moved, from, to));
  return moved;
}

}  // namespace jpki::ctl::card
