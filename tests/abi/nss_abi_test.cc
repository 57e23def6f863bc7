// SPDX-License-Identifier: LGPL-2.1-or-later
//
// What the built libnss_ad.so.2 is to every process on the machine: its symbols, its libraries, what it may
// ask of libc, and that it goes away when it is unloaded.
#include "tests/abi/built_module.h"

#include <nss.h>
#include <pwd.h>

namespace {

using namespace jpki::test;

START_TEST(it_exports_the_nss_functions_and_nothing_else) {
  std::set<std::string> expected = {"_nss_ad_initgroups_dyn"};
  for (const std::string function :
       {"getpwnam_r", "getpwuid_r", "setpwent", "getpwent_r", "endpwent", "getgrnam_r", "getgrgid_r",
        "setgrent", "getgrent_r", "endgrent", "getspnam_r", "setspent", "getspent_r", "endspent"})
    expected.insert("_nss_ad_" + function);
  ck_assert(symbols(true) == expected);
}
END_TEST

START_TEST(it_needs_libc_and_nothing_else) {
  ck_assert(needed_libraries() == std::set<std::string>({"libc"}));
}
END_TEST

// Whatever else the module comes to ask for is a decision: no environment, no locale, no stdio, no locks, no
// threads, no exceptions.
START_TEST(it_asks_libc_for_little) {
  const std::set<std::string> allowed = {"__errno_location",
                                         "__libc_single_threaded",
                                         "clock_gettime",
                                         "close",
                                         "fstat",
                                         "getpid",
                                         "memchr",
                                         "memcmp",
                                         "memcpy",
                                         "memset",
                                         "mmap",
                                         "munmap",
                                         "open",
                                         "pread",
                                         "realloc",
                                         "stat",
                                         "strlen",
                                         "strncmp",
                                         "sysconf",
                                         "time",
                                         "__stack_chk_fail",
                                         "__memcpy_chk",
                                         "__open_2",
                                         "__cxa_finalize",
                                         "__gmon_start__",
                                         "_ITM_deregisterTMCloneTable",
                                         "_ITM_registerTMCloneTable"};
  const std::set<std::string> asked = symbols(false);
  ck_assert(asked.contains("mmap"));
  for (const std::string& symbol : asked) ck_assert_msg(allowed.contains(symbol), "%s", symbol.c_str());
}
END_TEST

START_TEST(it_is_hardened_and_nothing_pins_it) {
  expect_hardened();
  expect_nothing_pins_it();
}
END_TEST

void ask(void* module) {
  auto* const getpwnam = reinterpret_cast<nss_status (*)(const char*, passwd*, char*, std::size_t, int*)>(
      ::dlsym(module, "_nss_ad_getpwnam_r"));
  ck_assert_ptr_nonnull(reinterpret_cast<void*>(getpwnam));
  char buffer[1024];
  passwd entry{};
  int error = 0;
  const nss_status status = getpwnam("nobody of this name", &entry, buffer, sizeof buffer, &error);
  ck_assert(status == NSS_STATUS_UNAVAIL || status == NSS_STATUS_NOTFOUND);
}

START_TEST(it_goes_away_without_a_trace) {
  expect_no_growth(ask);
}
END_TEST

}  // namespace

int main() {
  return run_abi_tests("libnss_ad.so.2", {it_exports_the_nss_functions_and_nothing_else,
                                          it_needs_libc_and_nothing_else, it_asks_libc_for_little,
                                          it_is_hardened_and_nothing_pins_it, it_goes_away_without_a_trace});
}
