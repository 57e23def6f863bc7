/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Preloaded into every program of the lab: writes what PAM says and asks through the host's conversation function, and how
 * pam_start() and pam_authenticate() were called and ended, one line each, into CONVERSATION_LOG. Never what a person answered. What the host gets
 * and gives is unchanged.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <security/pam_appl.h>

static void note(const char* word, const char* text) {
  char line[1024];
  int length = snprintf(line, sizeof line, "%s %s", word, text);
  if (length < 0) return;
  if (length > (int)sizeof line - 2) length = sizeof line - 2;
  for (int i = 0; i < length; ++i)
    if (line[i] == '\n') line[i] = ' ';
  line[length++] = '\n';
  const int file = open(CONVERSATION_LOG, O_WRONLY | O_APPEND | O_CLOEXEC);
  if (file < 0) return;
  (void)!write(file, line, (size_t)length);
  close(file);
}

static int listening(int count, const struct pam_message** messages, struct pam_response** answers, void* data) {
  const struct pam_conv* host = data;
  int asks = 0;
  for (int i = 0; i < count; ++i) {
    const char* text = messages[i]->msg ? messages[i]->msg : "";
    switch (messages[i]->msg_style) {
      case PAM_PROMPT_ECHO_OFF: asks = 1, note("asks-hidden", text); break;
      case PAM_PROMPT_ECHO_ON: asks = 1, note("asks-shown", text); break;
      case PAM_BINARY_PROMPT: asks = 1, note("asks-list", ""); break; /* GDM's; not a text */
      case PAM_ERROR_MSG: note("complains", text); break;
      default: note("tells", text);
    }
  }
  note(asks ? "waits" : "shows", "");
  const int result = host->conv(count, messages, answers, host->appdata_ptr);
  note(asks ? "answered" : "shown", result == PAM_SUCCESS ? "" : "not");
  return result;
}

/* Kept as long as the handle, the end of which nobody tells us: until the process ends. */
static struct pam_conv ours_around(const struct pam_conv* host) {
  struct pam_conv* kept = malloc(sizeof *kept);
  if (!kept) return *host;
  *kept = *host;
  return (struct pam_conv){listening, kept};
}

int pam_start(const char* service, const char* user, const struct pam_conv* host, pam_handle_t** handle) {
  int (*const real)(const char*, const char*, const struct pam_conv*, pam_handle_t**) =
      (int (*)(const char*, const char*, const struct pam_conv*, pam_handle_t**))dlsym(RTLD_NEXT, "pam_start");
  note("begins", service ? service : "");
  if (!host) return real(service, user, host, handle);
  const struct pam_conv ours = ours_around(host);
  return real(service, user, &ours, handle);
}

/* sshd takes another conversation for the time of pam_authenticate(). */
int pam_set_item(pam_handle_t* handle, int type, const void* item) {
  int (*const real)(pam_handle_t*, int, const void*) =
      (int (*)(pam_handle_t*, int, const void*))dlsym(RTLD_NEXT, "pam_set_item");
  if (type != PAM_CONV || !item) return real(handle, type, item);
  const struct pam_conv ours = ours_around(item);
  return real(handle, type, &ours);
}

int pam_authenticate(pam_handle_t* handle, int flags) {
  int (*const real)(pam_handle_t*, int) = (int (*)(pam_handle_t*, int))dlsym(RTLD_NEXT, "pam_authenticate");
  note("authenticates", ((unsigned)flags & PAM_SILENT) ? "silent" : "");
  const int result = real(handle, flags);
  note("decided", pam_strerror(handle, result));
  return result;
}
