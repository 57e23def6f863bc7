// SPDX-License-Identifier: LGPL-2.1-or-later
//
// What jpki-ticket-pkcs11.so exports: C_GetFunctionList, by which libkrb5 finds all other functions.
#include "validator/ticket/module/one_token.h"

extern "C" __attribute__((visibility("default"))) CK_RV C_GetFunctionList(CK_FUNCTION_LIST** list) {
  if (list == nullptr) return CKR_ARGUMENTS_BAD;
  *list = &jpki::ticket::functions();
  return CKR_OK;
}
