// SPDX-License-Identifier: LGPL-2.1-or-later
#include "validator/card/reset_at_logout.h"

#include <dlfcn.h>
#include <winscard.h>

#define JPKI_EXPORT extern "C" __attribute__((visibility("default")))

// Where libpcsclite has none the card stays in its transaction, until pcscd resets it at this program's end.
JPKI_EXPORT LONG SCardEndTransaction(SCARDHANDLE card, DWORD disposition) {
  using Function = LONG (*)(SCARDHANDLE, DWORD);
  static const auto of_libpcsclite = reinterpret_cast<Function>(::dlsym(RTLD_NEXT, "SCardEndTransaction"));
  if (of_libpcsclite == nullptr) return SCARD_E_NO_SERVICE;
  return of_libpcsclite(card, jpki::card::ResetAtLogout::wanted() ? SCARD_RESET_CARD : disposition);
}
