// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Last login: when a card was last accepted on this machine since it was started. It helps a person to know
// their card among several, and tells a bystander nothing about its holder.
#pragma once

#include "base/time.h"
#include "validator/engine/card_notes.h"

#include <cstdint>
#include <optional>

namespace jpki::engine {

// Notes that a login with this card was accepted. Where nothing can be noted, nothing is.
void note_login(const CardNotes& notes, Bytes card_key, Time now);

// Whole days, of 24 hours, since then; nothing where none is noted, or more than 255 days ago.
std::optional<std::uint8_t> days_since_login(const CardNotes& notes, Bytes card_key, Time now);

}  // namespace jpki::engine
