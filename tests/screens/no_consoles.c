/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Preloaded into gdm-session-worker on a machine without virtual consoles (gnome_root.py): GDM 43 wants one for each session, so it
 * is told that it has them, and pam_systemd(8) is not told of any, for logind knows that there are none.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <linux/kd.h>
#include <linux/vt.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>

#include <security/pam_appl.h>
#include <security/pam_modules.h>

enum { CONSOLES = 0x56, FREE_CONSOLE = 9 }; /* the kind of the requests VT_…; a file of that number is in /dev */

int ioctl(int file, unsigned long request, ...) {
  va_list arguments;
  va_start(arguments, request);
  void* argument = va_arg(arguments, void*);
  va_end(arguments);
  if (_IOC_TYPE(request) == CONSOLES) {
    if (request == VT_OPENQRY) *(int*)argument = FREE_CONSOLE;
    if (request == VT_GETSTATE) memset(argument, 0, sizeof(struct vt_stat));
    if (request == VT_GETMODE) memset(argument, 0, sizeof(struct vt_mode));
    return 0;
  }
  if (request == KDSETMODE || request == KDGETMODE) {
    if (request == KDGETMODE) *(int*)argument = KD_TEXT;
    return 0;
  }
  int (*const real)(int, unsigned long, ...) = (int (*)(int, unsigned long, ...))dlsym(RTLD_NEXT, "ioctl");
  return real(file, request, argument);
}

int pam_open_session(pam_handle_t* handle, int flags) {
  int (*const real)(pam_handle_t*, int) = (int (*)(pam_handle_t*, int))dlsym(RTLD_NEXT, "pam_open_session");
  const void* terminal = NULL;
  if (pam_get_item(handle, PAM_TTY, &terminal) == PAM_SUCCESS && terminal && !strncmp(terminal, "/dev/tty", 8)) {
    pam_set_item(handle, PAM_TTY, NULL);
    pam_putenv(handle, "XDG_VTNR");
  }
  return real(handle, flags);
}
