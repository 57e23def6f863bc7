// SPDX-License-Identifier: LGPL-2.1-or-later
//
// What the built pam_jpki.so is to the programs that load it: its symbols, its libraries, its protections,
// and that it stays once it is loaded. libpam calls at pam_end() what frees a module's data, after it may
// have unloaded the module for another service name.
#include "tests/abi/built_module.h"

#include <vector>

namespace {

using namespace jpki::test;

START_TEST(it_exports_the_pam_functions_and_nothing_else) {
  const std::set<std::string> expected = {"pam_sm_authenticate", "pam_sm_setcred",       "pam_sm_acct_mgmt",
                                          "pam_sm_open_session", "pam_sm_close_session", "pam_sm_chauthtok"};
  ck_assert(symbols(true) == expected);
}
END_TEST

START_TEST(it_needs_libpam_and_libc_only) {
  const std::set<std::string> needed = needed_libraries();
  ck_assert(needed.contains("libpam"));
  for (const std::string& library : needed)
    ck_assert_msg(library == "libpam" || is_base_system(library), "%s", library.c_str());
}
END_TEST

// They translate what they say, and take locks that fork(2) leaves held (base/error_text.h). strerror_r() is
// in libstdc++'s own error categories from GCC 13 on, whose texts nobody here asks for.
START_TEST(it_does_not_ask_libc_what_an_error_is_called) {
  std::vector<const char*> names = {"strerror", "__xpg_strerror_r", "strerror_l", "strsignal", "perror"};
  if (__GNUC__ < 13) names.push_back("strerror_r");
  for (const char* name : names) ck_assert_msg(!symbols(false).contains(name), "%s", name);
}
END_TEST

START_TEST(it_is_hardened_and_shares_nothing) {
  expect_hardened();
  expect_nothing_shared_with_its_host();
}
END_TEST

START_TEST(it_stays_and_is_there_once) {
  ck_assert(stays_once_loaded());
  expect_no_growth([](void* module) { ck_assert_ptr_nonnull(::dlsym(module, "pam_sm_authenticate")); });
}
END_TEST

}  // namespace

int main() {
  return run_abi_tests("pam_jpki.so",
                       {it_exports_the_pam_functions_and_nothing_else, it_needs_libpam_and_libc_only,
                        it_does_not_ask_libc_what_an_error_is_called, it_is_hardened_and_shares_nothing,
                        it_stays_and_is_there_once});
}
