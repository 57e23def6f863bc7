// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Wishes: what a program tells C_Initialize, in words with blanks between them at pReserved.
#pragma once

#include "pkcs11/token.h"

#include <p11-kit/pkcs11.h>

namespace jpki::pkcs11 {

// Said by who ends soon and asks the card often: the card stays reserved from the first question until
// C_Logout, whether or not anybody is logged in.
inline constexpr char kHoldUntilLogout[] = "hold=until-logout";

// A token whose reader has keys for the PIN says so (CKF_PROTECTED_AUTHENTICATION_PATH), and C_Login without
// a PIN has it typed there. C_Login with one goes on to send that one.
inline constexpr char kPinOnReader[] = "pin=on-reader";

struct Wishes {
  Holding holding = Holding::kWhileVerified;
  bool pin_on_reader = false;
};

// Of none: nothing. CKR_CANT_LOCK for mutex functions without CKF_OS_LOCKING_OK; CKR_ARGUMENTS_BAD.
CK_RV take_wishes(const CK_C_INITIALIZE_ARGS* arguments, Wishes& wishes);

}  // namespace jpki::pkcs11
