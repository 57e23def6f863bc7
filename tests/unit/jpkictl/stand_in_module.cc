// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Stands in for every module of a stack: it asks the host, through the conversation, what the module that is
// named by its first word would return: "FILE:LINE" → "7".
#include <cstdlib>

#include <security/pam_ext.h>
#include <security/pam_modules.h>

namespace {

int ask(pam_handle_t* handle, int argc, const char** argv) {
  char* answer = nullptr;
  if (argc < 1 || ::pam_prompt(handle, PAM_PROMPT_ECHO_ON, &answer, "%s", argv[0]) != PAM_SUCCESS)
    return PAM_SYSTEM_ERR;
  const int code = static_cast<int>(std::strtol(answer, nullptr, 10));
  std::free(answer);
  return code;
}

}  // namespace

#pragma GCC visibility push(default)

PAM_EXTERN int pam_sm_authenticate(pam_handle_t* handle, int, int argc, const char** argv) {
  return ask(handle, argc, argv);
}
PAM_EXTERN int pam_sm_acct_mgmt(pam_handle_t* handle, int, int argc, const char** argv) {
  return ask(handle, argc, argv);
}
PAM_EXTERN int pam_sm_setcred(pam_handle_t*, int, int, const char**) {
  return PAM_SUCCESS;
}

#pragma GCC visibility pop
