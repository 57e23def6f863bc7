// SPDX-License-Identifier: LGPL-2.1-or-later
//
// The PKCS#11 functions (v2.40) around a Module: C_Initialize makes it, C_Finalize ends it, and in between
// each function checks its pointers and calls it. A child process after fork(2) is not initialised, and
// touches nothing of its parent's. No exception leaves a function: CKR_HOST_MEMORY, or CKR_FUNCTION_FAILED.
//
// C_Initialize:
//   - needs a thread from the first C_Login on, so CKF_LIBRARY_CANT_CREATE_OS_THREADS alone is
//     CKR_NEED_TO_CREATE_THREADS; mutex functions without CKF_OS_LOCKING_OK are CKR_CANT_LOCK;
//   - pReserved is NULL or the text kHoldUntilLogout, which needs no thread; another text is
//   CKR_ARGUMENTS_BAD.
#pragma once

#include "pkcs11/card.h"

#include <p11-kit/pkcs11.h>

namespace jpki::pkcs11 {

// Said by who ends soon and asks the card often: the card stays reserved from the first question until
// C_Logout, whether or not anybody is logged in.
inline constexpr char kHoldUntilLogout[] = "hold=until-logout";

CK_FUNCTION_LIST& functions();

// Whose readers C_Initialize takes from now on; PC/SC's unless a test says otherwise.
void take_readers_from(std::unique_ptr<Readers> (*make)());

}  // namespace jpki::pkcs11
