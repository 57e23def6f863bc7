// SPDX-License-Identifier: LGPL-2.1-or-later
//
// From the site's configuration to the cards that one login may use: the modules of this machine's readers,
// or the p11-kit server of the thin client that the person sits at.
#pragma once

#include "base/protocol.h"
#include "validator/card/pkcs11_source.h"
#include "validator/config/config.h"
#include "validator/engine/dialogue.h"
#include "validator/engine/refusal.h"

#include <memory>

namespace jpki {

// Loads and initialises the modules; no byte of a card is looked at. `start`: of what it allows for waiting,
// as much is left as was not used here.
Expected<std::unique_ptr<card::Pkcs11Source>, engine::Refusal> open_cards(Start& start,
                                                                          const config::Config& config,
                                                                          const card::Reach& reach,
                                                                          engine::Dialogue& dialogue);

}  // namespace jpki
