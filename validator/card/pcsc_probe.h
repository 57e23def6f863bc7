// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Why does PKCS#11 show no token? OpenSC answers the same with a dead card service and without any reader,
// and the same with an empty reader and with one that another program holds for itself. The card service
// knows (PC/SC part 5).
#pragma once

#include "validator/card/token.h"

namespace jpki::card {

// `any_slot`: some module shows a slot, though an empty one. kCardServiceDown, kNoReader, kNoCard, or
// kCardBusy when another program has a card for itself.
CardError explain_missing_token(bool any_slot);

}  // namespace jpki::card
