// SPDX-License-Identifier: LGPL-2.1-or-later
//
// A PKCS#11 module that tells how it is asked for its slots: for all of them by SIGUSR1, for those with a
// token by SIGUSR2, which end the process whatever it made of them.
#include <csignal>

#include <p11-kit/pkcs11.h>
#include <signal.h>

namespace {

CK_RV initialize(void*) {
  return CKR_OK;
}

CK_RV finalize(void*) {
  return CKR_OK;
}

CK_RV slot_list(CK_BBOOL present, CK_SLOT_ID*, CK_ULONG*) {
  const int number = present == CK_FALSE ? SIGUSR1 : SIGUSR2;
  std::signal(number, SIG_DFL);
  sigset_t alone;
  ::sigemptyset(&alone);
  ::sigaddset(&alone, number);
  ::pthread_sigmask(SIG_UNBLOCK, &alone, nullptr);
  std::raise(number);
  return CKR_GENERAL_ERROR;
}

}  // namespace

extern "C" [[gnu::visibility("default")]] CK_RV C_GetFunctionList(CK_FUNCTION_LIST** list) {
  static CK_FUNCTION_LIST functions{};
  functions.version = {2, 40};
  functions.C_Initialize = initialize;
  functions.C_Finalize = finalize;
  functions.C_GetFunctionList = C_GetFunctionList;
  functions.C_GetSlotList = slot_list;
  *list = &functions;
  return CKR_OK;
}
