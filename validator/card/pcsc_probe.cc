// SPDX-License-Identifier: LGPL-2.1-or-later
#include "validator/card/pcsc_probe.h"

#include <winscard.h>

namespace jpki::card {

CardError explain_missing_slots() {
  SCARDCONTEXT context = 0;
  const LONG rv = ::SCardEstablishContext(SCARD_SCOPE_SYSTEM, nullptr, nullptr, &context);
  if (rv != SCARD_S_SUCCESS)
    return {Verdict::kCardServiceDown, std::string("SCardEstablishContext: ") + ::pcsc_stringify_error(rv)};
  DWORD size = 0;
  const LONG listed = ::SCardListReaders(context, nullptr, nullptr, &size);
  ::SCardReleaseContext(context);
  if (listed == SCARD_S_SUCCESS && size > 1)
    return {Verdict::kCardNotRecognised, "the card service has readers, the PKCS#11 modules show none"};
  return {Verdict::kNoReader, std::string("SCardListReaders: ") + ::pcsc_stringify_error(listed)};
}

}  // namespace jpki::card
