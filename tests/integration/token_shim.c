// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Another PKCS#11 module with what it lacks: hangs, crashes, tells other flags, changes its token, has a reader with
// keys. It does what the lines "WORD VALUE" of FILE.so.conf say, which are read when it is loaded:
//   module PATH       the real one
//   report PATH       gets a line "LABEL PIN" for each C_Login, and "LABEL keys" for one without a PIN
//   at WHERE          initialize, slots or token: where `do` is done
//   do WHAT           hang, crash, exit, fail
//   set HEX, clear HEX     CKF_… of every token that was initialised
//   reader NAME       the description of every slot (_ for a blank)
//   keys PIN          what is typed on the keys of the reader
//   swap COUNT        after so many C_GetTokenInfo of such a token there is another token in each slot
//   gone COUNT        after so many there is none
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <p11-kit/pkcs11.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static CK_FUNCTION_LIST real, ours;
static char at[32], what[32], reader[65], keys[64];
static CK_FLAGS set_flags, clear_flags;
static unsigned swap_after, gone_after, asked;
static int report = -1;
static char last_label[33];

static CK_RV fault(const char* where) {
  if (strcmp(at, where) != 0) return CKR_OK;
  if (strcmp(what, "hang") == 0)
    for (;;) pause();
  if (strcmp(what, "crash") == 0) abort();
  if (strcmp(what, "exit") == 0) _exit(0);
  return CKR_GENERAL_ERROR;
}

static void blank_padded(CK_UTF8CHAR* field, size_t size, const char* text) {
  memset(field, ' ', size);
  memcpy(field, text, strlen(text) < size ? strlen(text) : size);
}

static int load(const char* path) {
  void* const library = dlopen(path, RTLD_NOW);
  CK_C_GetFunctionList list = NULL;
  CK_FUNCTION_LIST* functions = NULL;
  if (library != NULL) *(void**)&list = dlsym(library, "C_GetFunctionList");
  if (list == NULL || list(&functions) != CKR_OK) return 0;
  real = *functions;
  return 1;
}

static int configure(void) {
  Dl_info self;
  char path[512], word[32], value[256];
  int good = 0;
  if (dladdr((void*)&real, &self) == 0) return 0;
  snprintf(path, sizeof path, "%s.conf", self.dli_fname);
  FILE* const conf = fopen(path, "re");
  if (conf == NULL) return 0;
  while (fscanf(conf, "%31s %255s", word, value) == 2) {
    if (strcmp(word, "module") == 0) good = load(value);
    if (strcmp(word, "report") == 0) report = open(value, O_WRONLY | O_APPEND | O_CLOEXEC);
    if (strcmp(word, "at") == 0) snprintf(at, sizeof at, "%.31s", value);
    if (strcmp(word, "do") == 0) snprintf(what, sizeof what, "%.31s", value);
    if (strcmp(word, "set") == 0) set_flags = strtoul(value, NULL, 16);
    if (strcmp(word, "clear") == 0) clear_flags = strtoul(value, NULL, 16);
    if (strcmp(word, "reader") == 0) snprintf(reader, sizeof reader, "%.64s", value);
    if (strcmp(word, "keys") == 0) snprintf(keys, sizeof keys, "%.63s", value);
    if (strcmp(word, "swap") == 0) swap_after = (unsigned)atoi(value);
    if (strcmp(word, "gone") == 0) gone_after = (unsigned)atoi(value);
  }
  fclose(conf);
  for (char* c = reader; *c != '\0'; ++c)
    if (*c == '_') *c = ' ';
  return good;
}

static CK_RV initialize(void* arguments) {
  const CK_RV rv = fault("initialize");
  return rv != CKR_OK ? rv : real.C_Initialize(arguments);
}

static CK_RV slot_list(CK_BBOOL present, CK_SLOT_ID* list, CK_ULONG* count) {
  const CK_RV rv = fault("slots");
  return rv != CKR_OK ? rv : real.C_GetSlotList(present, list, count);
}

static CK_RV slot_info(CK_SLOT_ID slot, CK_SLOT_INFO* info) {
  const CK_RV rv = real.C_GetSlotInfo(slot, info);
  if (rv == CKR_OK && *reader != '\0') blank_padded(info->slotDescription, sizeof info->slotDescription, reader);
  return rv;
}

static CK_RV token_info(CK_SLOT_ID slot, CK_TOKEN_INFO* info) {
  CK_RV rv = fault("token");
  if (rv == CKR_OK) rv = real.C_GetTokenInfo(slot, info);
  if (rv != CKR_OK) return rv;
  if ((info->flags & CKF_TOKEN_INITIALIZED) == 0) return rv;
  ++asked;
  if (gone_after != 0 && asked > gone_after) return CKR_TOKEN_NOT_PRESENT;
  info->flags = (info->flags & ~clear_flags) | set_flags;
  if (swap_after != 0 && asked > swap_after)
    blank_padded(info->serialNumber, sizeof info->serialNumber, "another");
  const char* const label = (const char*)info->label;
  snprintf(last_label, sizeof last_label, "%.*s", (int)strcspn(label, " "), label);
  return rv;
}

static CK_RV login(CK_SESSION_HANDLE session, CK_USER_TYPE user, CK_UTF8CHAR* pin, CK_ULONG size) {
  if (pin == NULL) {
    dprintf(report, "%s keys\n", last_label);
    return real.C_Login(session, user, (CK_UTF8CHAR*)keys, strlen(keys));
  }
  dprintf(report, "%s %.*s\n", last_label, (int)size, (const char*)pin);
  return real.C_Login(session, user, pin, size);
}

static CK_RV get_function_list(CK_FUNCTION_LIST** list) {
  if (real.C_Initialize == NULL && !configure()) return CKR_GENERAL_ERROR;
  ours = real;
  ours.C_Initialize = initialize;
  ours.C_GetFunctionList = get_function_list;
  ours.C_GetSlotList = slot_list;
  ours.C_GetSlotInfo = slot_info;
  ours.C_GetTokenInfo = token_info;
  ours.C_Login = login;
  *list = &ours;
  return CKR_OK;
}

CK_RV C_GetFunctionList(CK_FUNCTION_LIST** list) {
  return get_function_list(list);
}
