// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Preloaded into every program of the lab that tests a sanitized build, because libpam loads our module into programs that
// know nothing of sanitizers. What is found lands in /tmp, where a test sees it as a file that a login left. Leaks of
// foreign programs are not ours; valgrind looks for ours.
const char *__asan_default_options(void);

const char *__asan_default_options(void) {
  return "verify_asan_link_order=0:detect_leaks=0:log_path=/tmp/asan";
}
