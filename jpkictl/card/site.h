// SPDX-License-Identifier: LGPL-2.1-or-later
//
// What every sub-command of jpkictl card works on.
#pragma once

#include "jpkictl/card/copies.h"
#include "jpkictl/card/registry.h"
#include "validator/config/config.h"

#include <memory>

namespace jpki::ctl::card {

// Where copies of registered certificates lie.
inline constexpr char kCopies[] = JPKI_STATEDIR "/registered";

struct Site {
  config::Config config;
  std::unique_ptr<Registry> registry;
  Copies copies{kCopies};
};

// For root alone.
Expected<Site, Trouble> open_site(const Context& context);

// What the snapshot of Active Directory says, where logins take cards from there; nothing else ever writes
// it. All bindings for an empty list.
Expected<std::vector<Held>, Trouble> held_in_snapshot(const Site& site,
                                                      std::span<const std::string> mappings);

}  // namespace jpki::ctl::card
