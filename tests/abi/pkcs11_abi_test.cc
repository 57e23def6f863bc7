// SPDX-License-Identifier: LGPL-2.1-or-later
//
// What the built jpki-pkcs11.so is to the programs that load it: its symbols, its libraries, its protections,
// that it asks no environment, and that it goes away when it is unloaded.
#include "tests/abi/built_module.h"

#include <p11-kit/pkcs11.h>

namespace {

using namespace jpki::test;

START_TEST(it_exports_one_function) {
  ck_assert(symbols(true) == std::set<std::string>{"C_GetFunctionList"});
}
END_TEST

START_TEST(it_needs_libpcsclite_and_libnettle_only) {
  const std::set<std::string> needed = needed_libraries();
  ck_assert(needed.contains("libpcsclite"));
  for (const std::string& library : needed)
    ck_assert_msg(library == "libpcsclite" || library == "libnettle" || is_base_system(library), "%s",
                  library.c_str());
}
END_TEST

// secure_getenv() is libstdc++'s own from GCC 13 on, for the memory that it sets aside for exceptions.
START_TEST(it_reads_no_environment_and_no_file) {
  const std::set<std::string> used = symbols(false);
  for (const char* name : {"getenv", "open", "open64", "openat", "fopen", "fopen64", "dlopen"})
    ck_assert_msg(!used.contains(name), "%s", name);
}
END_TEST

START_TEST(it_is_hardened_and_nothing_pins_it) {
  expect_hardened();
  expect_nothing_pins_it();
}
END_TEST

CK_FUNCTION_LIST* functions_of(void* module) {
  const auto get = reinterpret_cast<CK_C_GetFunctionList>(::dlsym(module, "C_GetFunctionList"));
  CK_FUNCTION_LIST* list = nullptr;
  ck_assert(get != nullptr && get(&list) == CKR_OK);
  return list;
}

START_TEST(it_goes_away_without_a_trace) {
  expect_no_growth([](void* module) {
    CK_FUNCTION_LIST* const list = functions_of(module);
    CK_INFO info{};
    ck_assert(list->C_Initialize(nullptr) == CKR_OK && list->C_GetInfo(&info) == CKR_OK);
    ck_assert(list->C_Finalize(nullptr) == CKR_OK);
  });
}
END_TEST

START_TEST(it_goes_away_from_a_program_that_forgets_to_finalise) {
  expect_no_growth([](void* module) { ck_assert(functions_of(module)->C_Initialize(nullptr) == CKR_OK); });
}
END_TEST

}  // namespace

int main() {
  return run_abi_tests("jpki-pkcs11.so",
                       {it_exports_one_function, it_needs_libpcsclite_and_libnettle_only,
                        it_reads_no_environment_and_no_file, it_is_hardened_and_nothing_pins_it,
                        it_goes_away_without_a_trace, it_goes_away_from_a_program_that_forgets_to_finalise});
}
