// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Why does PKCS#11 show no token? OpenSC answers the same with a dead card service and without any reader,
// and the same with an empty reader and with one that another program holds for itself. The card service
// knows.
#pragma once

#include "validator/card/card_service.h"
#include "validator/card/seat.h"
#include "validator/card/token.h"

#include <string>
#include <vector>

namespace jpki::card {

struct MissingToken {
  CardError error;  // kCardServiceDown, kNoReader, kNoCard; kCardBusy when another program has a
                    // card for itself
  std::vector<std::string> occupied;  // readers that hold a card all the same
};

// `any_slot`: some module shows a slot, though an empty one, that `reach` admits. `service`: of the reach.
MissingToken explain_missing_token(bool any_slot, const Reach& reach,
                                   const Expected<const CardService*, CardError>& service);

}  // namespace jpki::card
