/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A PAM module that only talks: each argument is tell=WORD, complain=WORD or ask=WORD, in turn. Then it refuses.
 */
#include <stdlib.h>
#include <string.h>

#include <security/pam_ext.h>
#include <security/pam_modules.h>

int pam_sm_authenticate(pam_handle_t* handle, int flags, int count, const char** arguments) {
  (void)flags;
  for (int i = 0; i < count; ++i) {
    const char* word = strchr(arguments[i], '=');
    if (!word) return PAM_SERVICE_ERR;
    ++word;
    char* answer = NULL;
    int said;
    if (arguments[i][0] == 't') {
      said = pam_info(handle, "%s", word);
    } else if (arguments[i][0] == 'c') {
      said = pam_error(handle, "%s", word);
    } else {
      said = pam_prompt(handle, PAM_PROMPT_ECHO_OFF, &answer, "%s: ", word);
      free(answer);
    }
    if (said != PAM_SUCCESS) return PAM_CONV_ERR;
  }
  return PAM_AUTH_ERR;
}

int pam_sm_setcred(pam_handle_t* handle, int flags, int count, const char** arguments) {
  (void)handle, (void)flags, (void)count, (void)arguments;
  return PAM_AUTH_ERR;
}
