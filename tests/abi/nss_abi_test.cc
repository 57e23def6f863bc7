// SPDX-License-Identifier: LGPL-2.1-or-later
//
// What the built libnss_ad.so.2 is to every process on the machine: its symbols, its libraries, what it may
// ask of libc, and that it goes away when it is unloaded.
#include "tests/abi/built_module.h"

#include <dlfcn.h>
#include <malloc.h>
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

void load_ask_and_unload() {
  void* const module = ::dlopen(JPKI_MODULE, RTLD_NOW | RTLD_LOCAL);
  ck_assert_msg(module != nullptr, "%s", ::dlerror());
  ck_assert(is_mapped());
  auto* const ask = reinterpret_cast<nss_status (*)(const char*, struct passwd*, char*, std::size_t, int*)>(
      ::dlsym(module, "_nss_ad_getpwnam_r"));
  ck_assert_ptr_nonnull(reinterpret_cast<void*>(ask));
  char buffer[1024];
  struct passwd entry {};
  int error = 0;
  const nss_status status = ask("nobody of this name", &entry, buffer, sizeof buffer, &error);
  ck_assert(status == NSS_STATUS_UNAVAIL || status == NSS_STATUS_NOTFOUND);
  ck_assert_int_eq(::dlclose(module), 0);
  ck_assert(!is_mapped());
}

std::size_t mappings() {
  std::ifstream maps("/proc/self/maps");
  std::size_t count = 0;
  for (std::string line; std::getline(maps, line);) ++count;
  return count;
}

START_TEST(it_goes_away_without_a_trace) {
  for (int i = 0; i < 300; ++i) load_ask_and_unload();  // until the dynamic linker's own tables stop growing
  const std::size_t memory = ::mallinfo2().uordblks;
  const std::size_t ranges = mappings();
  for (int i = 0; i < 100; ++i) load_ask_and_unload();
  ck_assert_uint_le(::mallinfo2().uordblks, memory);
  ck_assert_uint_le(mappings(), ranges);
}
END_TEST

Suite* suite() {
  Suite* suite = suite_create("libnss_ad.so.2");
  TCase* tests = tcase_create("abi");
  tcase_add_test(tests, it_exports_the_nss_functions_and_nothing_else);
  tcase_add_test(tests, it_needs_libc_and_nothing_else);
  tcase_add_test(tests, it_asks_libc_for_little);
  tcase_add_test(tests, it_is_hardened_and_nothing_pins_it);
  tcase_add_test(tests, it_goes_away_without_a_trace);
  suite_add_tcase(suite, tests);
  return suite;
}

}  // namespace

int main() {
  return run_suite(suite());
}
