// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Preloaded into every program of the lab that tests a sanitized build, because libpam loads our module into programs that
// know nothing of sanitizers. What is found lands in /tmp, where a test sees it as a file that a login left. Leaks of
// foreign programs are not ours; valgrind looks for ours.
// It is also the first of all libraries to be initialised (-z initfirst), and wakes libasan. Otherwise that begins with the first
// memory that some constructor asks for: libgpg-error's does so while bindtextdomain() holds glibc's lock, libasan then calls
// dlerror(), which takes and lets go the same lock, and the next setlocale() or bindtextdomain() of curl or sshd waits for ever.

#include <stdlib.h>

const char *__asan_default_options(void);

const char *__asan_default_options(void) {
  return "verify_asan_link_order=0:detect_leaks=0:log_path=/tmp/asan";
}

__attribute__((constructor)) static void wake(void) {
  void *volatile some = malloc(1);
  free(some);
}
