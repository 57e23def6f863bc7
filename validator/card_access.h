// SPDX-License-Identifier: LGPL-2.1-or-later
//
// How a process of ours comes to the cards that it may use, in readers of this machine, behind the p11-kit
// server of the thin client that a person sits at, or behind the card service that their session brought:
// modules first, then the confinement, then the first byte.
#pragma once

#include "base/protocol.h"
#include "validator/card/pkcs11_source.h"
#include "validator/engine/dialogue.h"
#include "validator/installation.h"

#include <memory>

namespace jpki {

// Asks pcscd and initialises the modules of the configuration, or connects to the server of `reach`, or to
// the socket of the session; locks the memory and confines the process (confinement_of). What is no refusal
// is told to `dialogue`. `start`: of what it allows for waiting, as much is left as was not used here.
Expected<std::unique_ptr<card::Pkcs11Source>, engine::Refusal> open_cards_confined(
    Start& start, const Installation& installation, const card::Reach& reach, engine::Dialogue& dialogue);

}  // namespace jpki
