// SPDX-License-Identifier: LGPL-2.1-or-later
//
// A PKCS#11 module that has been taken over: initialises like any other; at the first question about cards, when its
// process is confined, it tries one thing and ends the process. /etc/jpki/attempt says which, and where to tell the
// result: the name of an errno value, or "done". Without a result the kernel ended the process.
#define _GNU_SOURCE
#include <p11-kit/pkcs11.h>

#include "hostile_attempts.h"

static CK_RV initialize(void* arguments) {
  (void)arguments;
  char path[256] = "";
  FILE* const order = fopen("/etc/jpki/attempt", "re");
  if (order == NULL || fscanf(order, "%63s %255s %255s", verb, object, path) != 3) return CKR_GENERAL_ERROR;
  fclose(order);
  report = open(path, O_WRONLY | O_APPEND | O_CLOEXEC);
  host = getppid();
  return report < 0 ? CKR_GENERAL_ERROR : CKR_OK;
}

static CK_RV finalize(void* reserved) {
  (void)reserved;
  return CKR_OK;
}

static CK_RV slot_list(CK_BBOOL present, CK_SLOT_ID* list, CK_ULONG* count) {
  (void)present, (void)list, (void)count;
  tell("trying");
  tell(attempt() < 0 ? strerrorname_np(errno) : "done");
  _exit(0);
}

static CK_RV get_function_list(CK_FUNCTION_LIST** list);

static CK_FUNCTION_LIST functions = {.version = {2, 40},
                                     .C_Initialize = initialize,
                                     .C_Finalize = finalize,
                                     .C_GetFunctionList = get_function_list,
                                     .C_GetSlotList = slot_list};

static CK_RV get_function_list(CK_FUNCTION_LIST** list) {
  *list = &functions;
  return CKR_OK;
}

CK_RV C_GetFunctionList(CK_FUNCTION_LIST** list) {
  return get_function_list(list);
}
