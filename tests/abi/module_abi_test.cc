// SPDX-License-Identifier: LGPL-2.1-or-later
//
// What the built pam_jpki.so is to the programs that load it: its symbols, its libraries, its protections,
// and that it goes away when it is unloaded.
#include "tests/unit/support/check_main.h"

#include <cstdio>
#include <memory>
#include <set>
#include <sstream>
#include <vector>

#include <dlfcn.h>
#include <malloc.h>

namespace {

struct ClosePipe {
  void operator()(std::FILE* pipe) const { ::pclose(pipe); }
};

std::vector<std::string> readelf(const char* option) {
  const std::string command = std::string(JPKI_READELF " -W ") + option + " " JPKI_MODULE;
  const std::unique_ptr<std::FILE, ClosePipe> pipe(::popen(command.c_str(), "re"));  // NOLINT(cert-env33-c)
  ck_assert_ptr_nonnull(pipe.get());
  std::vector<std::string> lines;
  char line[4096];
  while (std::fgets(line, sizeof line, pipe.get()) != nullptr) lines.emplace_back(line);
  ck_assert_uint_gt(lines.size(), 0);
  return lines;
}

std::vector<std::string> words_of(const std::string& line) {
  std::istringstream stream(line);
  std::vector<std::string> words;
  for (std::string word; stream >> word;) words.push_back(word);
  return words;
}

bool any_line_has(const std::vector<std::string>& lines, const std::string& text) {
  for (const std::string& line : lines) {
    if (line.find(text) != std::string::npos) return true;
  }
  return false;
}

START_TEST(it_exports_the_pam_functions_and_nothing_else) {
  std::set<std::string> exported;
  for (const std::string& line : readelf("--dyn-syms")) {
    const auto words = words_of(line);  // Num: Value Size Type Bind Vis Ndx Name
    if (words.size() >= 8 && words[6] != "UND" && words[6] != "Ndx") exported.insert(words[7]);
  }
  const std::set<std::string> expected = {"pam_sm_authenticate", "pam_sm_setcred",       "pam_sm_acct_mgmt",
                                          "pam_sm_open_session", "pam_sm_close_session", "pam_sm_chauthtok"};
  ck_assert(exported == expected);
}
END_TEST

START_TEST(it_needs_the_base_system_only) {
  const std::set<std::string> allowed = {"libpam.so.0", "libstdc++.so.6", "libgcc_s.so.1", "libc.so.6",
                                         "libm.so.6"};
  std::set<std::string> needed;
  for (const std::string& line : readelf("--dynamic")) {
    const auto open = line.find('[');
    if (line.find("(NEEDED)") != std::string::npos)
      needed.insert(line.substr(open + 1, line.find(']') - open - 1));
  }
  ck_assert(needed.contains("libpam.so.0"));
  for (const std::string& library : needed) ck_assert_msg(allowed.contains(library), "%s", library.c_str());
}
END_TEST

START_TEST(it_is_hardened) {
  const auto dynamic = readelf("--dynamic");
  ck_assert(any_line_has(dynamic, "BIND_NOW"));
  ck_assert(!any_line_has(dynamic, "TEXTREL"));
  ck_assert(!any_line_has(dynamic, "RPATH") && !any_line_has(dynamic, "RUNPATH"));
  const auto segments = readelf("--segments");
  ck_assert(any_line_has(segments, "GNU_RELRO"));
  ck_assert(any_line_has(segments, "GNU_STACK"));
  for (const std::string& line : segments)
    ck_assert_msg(line.find(" RWE ") == std::string::npos, "%s", line.c_str());
}
END_TEST

// STB_GNU_UNIQUE symbols and thread-local destructors would pin the module in its host.
START_TEST(nothing_pins_it) {
  ck_assert(!any_line_has(readelf("--dyn-syms"), " UNIQUE "));
  ck_assert(!any_line_has(readelf("--dynamic"), "NODELETE"));
  ck_assert(!any_line_has(readelf("--dyn-syms"), "__cxa_thread_atexit"));
}
END_TEST

bool is_mapped() {
  std::ifstream maps("/proc/self/maps");
  for (std::string line; std::getline(maps, line);) {
    if (line.find("pam_jpki.so") != std::string::npos) return true;
  }
  return false;
}

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
  tcase_add_test(tests, it_needs_the_base_system_only);
  tcase_add_test(tests, it_is_hardened);
  tcase_add_test(tests, nothing_pins_it);
  tcase_add_test(tests, it_goes_away_without_a_trace);
  suite_add_tcase(suite, tests);
  return suite;
}

}  // namespace

int main() {
  return jpki::test::run_suite(suite());
}
