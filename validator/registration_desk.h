// SPDX-License-Identifier: LGPL-2.1-or-later
//
// jpki-validator as jpkictl starts it: one task about the cards on the readers (registration/messages.h).
#pragma once

#include "base/unique_fd.h"

namespace jpki {

// Becomes the helper's user and confines itself before the first byte of a card, as for a login. The exit
// status.
int serve_registration(UniqueFd socket);

}  // namespace jpki
