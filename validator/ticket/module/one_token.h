// SPDX-License-Identifier: LGPL-2.1-or-later
//
// The PKCS#11 functions (v2.40) of jpki-ticket-pkcs11.so: one slot with one token, which needs no login, with
// a certificate and its private key, whose card is elsewhere (exchange.h). As much of PKCS#11 as libkrb5's
// pkinit calls; everything else is CKR_FUNCTION_NOT_SUPPORTED. For a process with one thread. No exception
// leaves a function.
//
// The certificate is asked for by the first C_Initialize, which therefore waits: libkrb5 looks at the clock
// for its request only afterwards (RFC 4556 3.2.1, PKAuthenticator.ctime). The signature is asked for by
// C_Sign, one in the life of the process: libkrb5 sends a request for each, and the card signs for one.
#pragma once

#include <p11-kit/pkcs11.h>

namespace jpki::ticket {

CK_FUNCTION_LIST& functions();

// The socket that C_Initialize asks from now on; descriptor 0 unless a test says otherwise.
void ask_over(int socket);

}  // namespace jpki::ticket
