// SPDX-License-Identifier: LGPL-2.1-or-later
//
// A PIN that is typed on the keys of the reader: the reader puts it into the command and sends that to the
// card, so it is in no memory of ours. PC/SC part 10 v2.02.09, 2.5.2 (PIN_VERIFY) and 2.5.1 (what it
// answers).
#pragma once

#include "base/bytes.h"
#include "pkcs11/apdu.h"
#include "pkcs11/medium.h"

#include <chrono>

namespace jpki::pkcs11 {

// How long the reader waits: for the first key, and after each one. All digits together take less than
// kMostOnReader (base/protocol.h), after which a login is given up.
inline constexpr std::chrono::seconds kFirstKey{20};
inline constexpr std::chrono::seconds kNextKey{8};

// What the reader itself answers; nothing was sent to the card then.
inline constexpr StatusWord kNothingTyped = 0x6400;  // in time
inline constexpr StatusWord kEntryCancelled = 0x6401;
inline constexpr StatusWord kEntryOfWrongLength = 0x6403;

// Readers are asked for nothing but digits of a fixed number, which they all can do.
bool can_be_typed_on_reader(const Medium& medium);

// Of `command`, which is a VERIFY without data: the structure, in the byte order of this machine.
Blob pin_verify(const Command& command, const Medium& medium);

}  // namespace jpki::pkcs11
