// SPDX-License-Identifier: LGPL-2.1-or-later
#include "jpkictl/card/logged_registry.h"

#include "jpkictl/announcement.h"

#include <fmt/format.h>

namespace jpki::ctl::card {

void announce_move(std::size_t count, const std::string& from, const std::string& to,
                   const std::string& where) {
  announce_change(fmt::format("{} card(s) moved from={} account={}", count, from, to), where);
}

Expected<Change, Trouble> LoggedRegistry::add(const Claim& claim) {
  auto done = registry_->add(claim);
  if (done && *done == Change::kDone) announce_change("card registered account=" + claim.account, name());
  return done;
}

Expected<Change, Trouble> LoggedRegistry::remove(const Held& binding) {
  auto done = registry_->remove(binding);
  if (done && *done == Change::kDone) announce_change("card taken back account=" + binding.account, name());
  return done;
}

Expected<std::size_t, Trouble> LoggedRegistry::move(const std::string& from, const std::string& to) {
  auto moved = registry_->move(from, to);
  if (moved && *moved > 0) announce_move(*moved, from, to, name());
  return moved;
}

}  // namespace jpki::ctl::card
