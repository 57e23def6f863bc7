// SPDX-License-Identifier: LGPL-2.1-or-later
//
// What waits for an administrator: what logins registered on this computer (validator/succession/overlay.h),
// and requests of other computers (request_store.h).
#pragma once

#include "jpkictl/card/request.h"
#include "jpkictl/card/site.h"
#include "validator/succession/overlay.h"

#include <optional>

namespace jpki::ctl::card {

struct Waiting {
  succession::Entry entry;
  std::optional<Request> request = {};  // of another computer; `entry` says the same
};

// Of an entry's new name: names the entry, and nobody.
std::string id_of(const std::string& name);

// By an administrator's decision.
void refuse(succession::Entry& entry, Time now);

// To the machine's log.
void announce_refusal(const std::string& account, const std::string& where);

// What is of this computer, decided or not; what is of others, undecided.
Expected<std::vector<succession::Entry>, Trouble> entries_of(const Site& site);
Expected<std::vector<Waiting>, Trouble> all_waiting(const Site& site);

// Edits what is of this computer, with the rights of its owner.
Expected<Unit, Trouble> change(const Site& site, const succession::Edit& edit);

// Who has the older certificate: in the registry, then in the directory's snapshot. Or whom the holder named.
Expected<std::vector<Held>, Trouble> holders(const Site& site, const succession::Entry& entry);

// --- what logs in on this computer without a map: cards that their holders registered at once, and renewed
// ones in place of an older one that somebody has. Held::where is the overlay. By one of `mappings`; all for
// an empty list.
Expected<std::vector<Held>, Trouble> held_in_overlay(const Site& site, std::span<const std::string> mappings);
// Takes it back: its holder cannot register it for this account again, nor does it stand in place of that
// older one.
Expected<Unit, Trouble> refuse_in_overlay(const Site& site, const Held& held, Time now);
// What the holder `from` registered is `to`'s from now on.
Expected<Unit, Trouble> move_in_overlay(const Site& site, const std::string& from, const std::string& to);

// In the registry and in the directory's snapshot: by one of `mappings`.
Expected<std::vector<Held>, Trouble> held_anywhere(const Site& site, std::span<const std::string> mappings);

}  // namespace jpki::ctl::card
