// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Why does PKCS#11 show no slot at all? OpenSC answers the same with a dead card service and without any
// reader; the card service itself knows (PC/SC part 5).
#pragma once

#include "validator/card/token.h"

namespace jpki::card {

// kCardServiceDown or kNoReader; kCardNotRecognised when there are readers that no module took up.
CardError explain_missing_slots();

}  // namespace jpki::card
