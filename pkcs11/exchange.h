// SPDX-License-Identifier: LGPL-2.1-or-later
//
// exchange(): a command and its whole answer, whatever the transport makes of it: 61xx (more is to be
// fetched) and 6Cxx (Le should have been xx), ISO/IEC 7816-4, 5.3.4.
#pragma once

#include "pkcs11/apdu.h"
#include "pkcs11/card.h"

namespace jpki::pkcs11 {

// The longest answer that is put together; more is kCardError.
inline constexpr std::size_t kMaxAnswer = 65536;

// Sends `command` once, and once more only where it has an Le and the card said that it should be another
// one: a VERIFY has none, so it is never sent twice. The status is never 61xx.
Expected<Answer, Trouble> exchange(Card& card, const Command& command);

}  // namespace jpki::pkcs11
