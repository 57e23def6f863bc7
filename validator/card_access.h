// SPDX-License-Identifier: LGPL-2.1-or-later
//
// How a process of ours comes to the cards: modules first, then the confinement, then the first byte.
#pragma once

#include "validator/card/pkcs11_source.h"
#include "validator/engine/dialogue.h"
#include "validator/installation.h"

#include <memory>

namespace jpki {

// Asks pcscd, initialises the modules of the configuration, locks the memory and confines the process
// (confinement_of). What is no refusal is told to `dialogue`.
Expected<std::unique_ptr<card::Pkcs11Source>, engine::Refusal> open_cards_confined(
    const Installation& installation, engine::Dialogue& dialogue);

}  // namespace jpki
