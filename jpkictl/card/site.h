// SPDX-License-Identifier: LGPL-2.1-or-later
//
// What every sub-command of jpkictl card works on.
#pragma once

#include "jpkictl/card/copies.h"
#include "jpkictl/card/registry.h"
#include "jpkictl/card/request_store.h"
#include "validator/config/config.h"

#include <memory>

namespace jpki::ctl::card {

// Where copies of registered certificates lie.
inline constexpr char kCopies[] = JPKI_STATEDIR "/registered";

// What the command line says about where cards are registered.
struct Place {
  bool directory = false;
  bool local = false;
  std::string ticket_file;  // --ccache; empty: see ticket_file.h
};

struct Site {
  config::Config config;
  std::unique_ptr<Registry> registry;
  bool in_directory = false;  // the registry is Active Directory itself
  Copies copies{kCopies};
  RequestStore requests{kRequests};  // of other computers
};

// For root alone. Without a word of the command line, what is written goes to where logins take cards from;
// what is only read comes from this computer, which needs no ticket.
enum class Use { kRead, kWrite };
Expected<Site, Trouble> open_site(const Context& context, const Place& place, Use use);

// The local map, whatever the registry is.
Expected<std::unique_ptr<Registry>, Trouble> local_registry(const config::Config& config,
                                                            const Context& context);

// What the snapshot of Active Directory says, where logins take cards from there and the registry is not the
// directory itself. All bindings for an empty list.
Expected<std::vector<Held>, Trouble> held_in_snapshot(const Site& site,
                                                      std::span<const std::string> mappings);

}  // namespace jpki::ctl::card
