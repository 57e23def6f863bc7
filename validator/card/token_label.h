// SPDX-License-Identifier: LGPL-2.1-or-later
//
// The label of a token as the programs of a session are shown it. They see it through the machine's own
// settings of OpenSC, the validator through ours: one slot for each card. OpenSC 0.23 names the PIN in either
// case; 0.26 leaves it out of the label of a card's only slot. By the whole label a session knows the token
// again that logged in (PKCS11_LOGIN_TOKEN_NAME), and an administrator reads it in pkcs11-tool and writes it
// into a [[token]].
#pragma once

#include "base/smartphone.h"

#include <string>
#include <string_view>

namespace jpki::card {

// Of CK_TOKEN_INFO.label and .manufacturerID, both without the blanks at their ends.
inline std::string whole_label(std::string label, std::string_view manufacturer) {
  const bool shortened = manufacturer == kTokenManufacturer && label == "JPKI";
  return shortened ? "JPKI (User Authentication PIN)" : label;
}

}  // namespace jpki::card
