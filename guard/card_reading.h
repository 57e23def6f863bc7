// SPDX-License-Identifier: LGPL-2.1-or-later
//
// The login certificate of a MyNumber card, read past any PKCS#11 module: only this is asked of a card here,
// and it takes no PIN. What comes back is unverified and is compared as a whole, never decoded.
#pragma once

#include "base/bytes.h"

#include <optional>
#include <string>

namespace jpki::guard {

// `reader`: its whole name. Waits as long as the card and pcscd take. Nothing: no card, another kind of card,
// or one that does not answer.
std::optional<Blob> read_certificate(const std::string& reader);

}  // namespace jpki::guard
