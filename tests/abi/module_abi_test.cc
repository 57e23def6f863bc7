// SPDX-License-Identifier: LGPL-2.1-or-later
//
// What the built pam_jpki.so is to the programs that load it: its symbols, its libraries, its protections,
// and that it goes away when it is unloaded.
#include "tests/abi/built_module.h"

#include <dlfcn.h>
#include <malloc.h>

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

START_TEST(it_is_hardened_and_nothing_pins_it) {
  expect_hardened();
  expect_nothing_pins_it();
}
END_TEST

void load_and_unload() {
  void* module = ::dlopen(JPKI_MODULE, RTLD_NOW | RTLD_LOCAL);
  ck_assert_msg(module != nullptr, "%s", ::dlerror());
  ck_assert(is_mapped());
  ck_assert_ptr_nonnull(::dlsym(module, "pam_sm_authenticate"));
  ck_assert_int_eq(::dlclose(module), 0);
  ck_assert(!is_mapped());
}

START_TEST(it_goes_away_without_a_trace) {
  for (int i = 0; i < 300; ++i) load_and_unload();  // until the dynamic linker's own tables stop growing
  const std::size_t before = ::mallinfo2().uordblks;
  for (int i = 0; i < 100; ++i) load_and_unload();
  ck_assert_uint_le(::mallinfo2().uordblks, before);
}
END_TEST

Suite* suite() {
  Suite* suite = suite_create("pam_jpki.so");
  TCase* tests = tcase_create("abi");
  tcase_add_test(tests, it_exports_the_pam_functions_and_nothing_else);
  tcase_add_test(tests, it_needs_libpam_and_libc_only);
  tcase_add_test(tests, it_is_hardened_and_nothing_pins_it);
  tcase_add_test(tests, it_goes_away_without_a_trace);
  suite_add_tcase(suite, tests);
  return suite;
}

}  // namespace

int main() {
  return run_suite(suite());
}
