// SPDX-License-Identifier: LGPL-2.1-or-later
//
// The Departure of a card in a reader of this machine. libpcsclite waits for pcscd alone, and not for a
// person as well, so a thread waits: it touches nothing but a connection of its own, and lives only while
// somebody is asked.
#pragma once

#include "validator/card/card_service.h"
#include "validator/card/token.h"

#include <memory>

namespace jpki::card {

// Null where there can be no thread: then nobody learns early.
std::unique_ptr<Departure> watch_departure(CardService::PlacedCard card);

}  // namespace jpki::card
