// SPDX-License-Identifier: LGPL-2.1-or-later
//
// What the dynamic linker has to load for each program of a login before it can start: most of what a start
// costs. A library that is not in the table comes in by a decision, or not at all.
#include "tests/abi/built_module.h"

namespace {

using namespace jpki::test;

struct Program {
  const char* name;
  std::set<std::string> libraries;  // beside those of the base system
  bool exports = false;             // the functions that OpenSC takes from jpki-validator
};

const std::set<std::string> kDirectory = {"libldap",     "libldap-2.5", "liblber",
                                          "liblber-2.5", "libkrb5",     "libresolv"};

std::set<std::string> with_directory(std::set<std::string> libraries) {
  libraries.insert(kDirectory.begin(), kDirectory.end());
  return libraries;
}

const Program kPrograms[] = {
    {"jpki-validator", {"libgnutls", "libnettle", "libp11-kit", "libpcsclite", "libunistring"}, true},
    {"jpki-fetch", {}},
    {"jpki-fetch-curl", {"libcurl-gnutls"}},
    {"jpki-ticket", {"libgnutls", "libnettle", "libkrb5"}},
    {"jpki-crl-refresh", {"libgnutls", "libnettle", "libunistring"}},
    {"jpki-relay", {}},
    {"jpki-self-registration", {"libgnutls", "libnettle", "libunistring"}},
    {"jpki-succession", {"libgnutls", "libnettle", "libunistring"}},
    {"jpki-session-guard", {"libnettle", "libpcsclite", "libsystemd"}},
    {"jpki-account", {}},
    {"jpki-emergency", {"libargon2", "libnettle"}},
    {"jpki-account-live", kDirectory},
    {"jpki-directory", kDirectory},
    {"nss-ad-refresh", with_directory({"libgnutls", "libunistring"})},
};

std::string file_of(const Program& program) {
  return std::string(JPKI_BUILD "/") + program.name;
}

START_TEST(it_needs_no_other_libraries) {
  const Program& program = kPrograms[_i];
  const std::set<std::string> needed = needed_libraries(file_of(program));
  ck_assert(needed.contains("libc"));
  for (const std::string& library : needed)
    ck_assert_msg(program.libraries.contains(library) || is_base_system(library), "%s needs %s", program.name,
                  library.c_str());
}
END_TEST

START_TEST(it_is_hardened) {
  const std::string file = file_of(kPrograms[_i]);
  expect_hardened(file);
  ck_assert(any_word_has(readelf("--file-header", file), "DYN"));  // at a random address
}
END_TEST

// A C++ module in the same process has a libstdc++ of its own, which must not take its symbols from here.
START_TEST(it_exports_no_symbols_of_the_run_time) {
  const Program& program = kPrograms[_i];
  for (const std::string& name : symbols(true, file_of(program))) {
    const bool ours = program.exports && name.starts_with("sc_notify");
    ck_assert_msg(ours || JPKI_RUNTIME_LINKED_IN == 0 || !name.starts_with("_Z"), "%s exports %s",
                  program.name, name.c_str());
  }
}
END_TEST

#ifdef JPKI_GREETER
START_TEST(the_greeter_has_no_way_to_a_card) {
  expect_hardened(JPKI_GREETER);
  const std::set<std::string> needed = needed_libraries(JPKI_GREETER);
  ck_assert(needed.contains("liblightdm-gobject-1"));
  for (const char* library :
       {"libgnutls", "libp11-kit", "libpcsclite", "libcurl-gnutls", "libldap", "libpam"})
    ck_assert_msg(!needed.contains(library), "the greeter needs %s", library);
}
END_TEST
#endif

Suite* suite() {
  Suite* suite = suite_create("programs");
  TCase* tests = tcase_create("abi");
  constexpr int kCount = static_cast<int>(std::size(kPrograms));
  tcase_add_loop_test(tests, it_needs_no_other_libraries, 0, kCount);
  tcase_add_loop_test(tests, it_is_hardened, 0, kCount);
  tcase_add_loop_test(tests, it_exports_no_symbols_of_the_run_time, 0, kCount);
#ifdef JPKI_GREETER
  tcase_add_test(tests, the_greeter_has_no_way_to_a_card);
#endif
  suite_add_tcase(suite, tests);
  return suite;
}

}  // namespace

int main() {
  return run_suite(suite());
}
