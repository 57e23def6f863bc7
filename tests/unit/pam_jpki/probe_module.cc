// SPDX-License-Identifier: LGPL-2.1-or-later
//
// A PAM module that stands before and after ours in test stacks:
//   authtok=TEXT   sets PAM_AUTHTOK, as a module that asked for a password does
//   free_fds=N     leaves room for N more descriptors; without N, as many as the system allows
//   show           tells "authtok=..." so that a test sees what is left in the items
#include <cstdlib>
#include <cstring>
#include <string_view>

#include <fcntl.h>
#include <security/pam_ext.h>
#include <security/pam_modules.h>
#include <sys/resource.h>
#include <unistd.h>

namespace {

void leave_free_descriptors(const char* number) {
  rlimit limit{};
  ::getrlimit(RLIMIT_NOFILE, &limit);
  const int next = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
  ::close(next);
  limit.rlim_cur =
      *number == '\0' ? limit.rlim_max : static_cast<rlim_t>(next + std::strtol(number, nullptr, 10));
  ::setrlimit(RLIMIT_NOFILE, &limit);
}

}  // namespace

#pragma GCC visibility push(default)

PAM_EXTERN int pam_sm_authenticate(pam_handle_t* handle, int, int argc, const char** argv) {
  for (int i = 0; i < argc; ++i) {
    const std::string_view word(argv[i]);
    if (word.starts_with("authtok=")) ::pam_set_item(handle, PAM_AUTHTOK, argv[i] + std::strlen("authtok="));
    if (word.starts_with("free_fds=")) leave_free_descriptors(argv[i] + std::strlen("free_fds="));
    if (word == "show") {
      const void* token = nullptr;
      ::pam_get_item(handle, PAM_AUTHTOK, &token);
      ::pam_info(handle, "authtok=%s", token == nullptr ? "(none)" : static_cast<const char*>(token));
    }
  }
  return PAM_IGNORE;
}

PAM_EXTERN int pam_sm_setcred(pam_handle_t*, int, int, const char**) {
  return PAM_IGNORE;
}

#pragma GCC visibility pop
