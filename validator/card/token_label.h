// SPDX-License-Identifier: LGPL-2.1-or-later
//
// The label by which the programs of a session know the token again that logged in (PKCS11_LOGIN_TOKEN_NAME).
// They see it through the machine's own settings of OpenSC, and the validator through ours: one slot for each
// card. OpenSC 0.23 names the PIN in either case; 0.26 leaves it out of the label of a card's only slot.
#pragma once

#include "base/smartphone.h"
#include "validator/card/token_rule.h"

#include <string>

namespace jpki::card {

inline std::string label_for_session(const TokenIdentity& token) {
  const bool shortened = token.manufacturer == kTokenManufacturer && token.label == "JPKI";
  return shortened ? "JPKI (User Authentication PIN)" : token.label;
}

}  // namespace jpki::card
