// SPDX-License-Identifier: LGPL-2.1-or-later
//
// The PKCS#11 functions (v2.40) around a Module: C_Initialize makes it, C_Finalize ends it, and in between
// each function checks its pointers and calls it. A child process after fork(2) is not initialised, and
// touches nothing of its parent's. No exception leaves a function: CKR_HOST_MEMORY, or CKR_FUNCTION_FAILED.
// A program that ends, or unloads the module, without C_Finalize ends what it left here, unless a thread of
// its is in a call that does more than wait for slot events.
//
// C_Initialize:
//   - mutex functions without CKF_OS_LOCKING_OK are CKR_CANT_LOCK;
//   - pReserved is NULL or words of wishes.h with blanks between them; another word is CKR_ARGUMENTS_BAD;
//   - CKF_LIBRARY_CANT_CREATE_OS_THREADS is not obeyed: GnuTLS and NSS say it for every program, and without
//     the thread of release_timer.h a browser that stays open would keep everybody from the card. The thread
//     begins at the first C_Login, takes no signals and calls nothing of the program's. Who says
//     kHoldUntilLogout has none.
#pragma once

#include "pkcs11/card.h"

#include <p11-kit/pkcs11.h>

namespace jpki::pkcs11 {

CK_FUNCTION_LIST& functions();

// Whose readers C_Initialize takes from now on; PC/SC's unless a test says otherwise.
void take_readers_from(std::unique_ptr<Readers> (*make)());

}  // namespace jpki::pkcs11
