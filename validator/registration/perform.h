// SPDX-License-Identifier: LGPL-2.1-or-later
//
// perform(): one task about the cards on the readers (messages.h).
#pragma once

#include "validator/engine/authenticate.h"
#include "validator/registration/packet_dialogue.h"

namespace jpki::registration {

// Everything is sent by `dialogue`; the end is what remains to be sent. `services.dialogue` is `dialogue`.
Finished perform(const Task& task, const engine::Services& services, PacketDialogue& dialogue);

}  // namespace jpki::registration
