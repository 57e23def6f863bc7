// SPDX-License-Identifier: LGPL-2.1-or-later
//
// What the built libnss_ad.so.2 is to every process on the machine: its symbols, its libraries, what it may
// ask of libc, and that it goes away when it is unloaded.
#include "tests/unit/support/check_main.h"

#include <cstdio>
#include <memory>
#include <set>
#include <sstream>
#include <vector>

#include <dlfcn.h>
#include <malloc.h>
#include <nss.h>
#include <pwd.h>

namespace {

struct ClosePipe {
  void operator()(std::FILE* pipe) const { ::pclose(pipe); }
};

std::vector<std::vector<std::string>> readelf(const char* option) {
  const std::string command = std::string(JPKI_READELF " -W ") + option + " " JPKI_MODULE;
  const std::unique_ptr<std::FILE, ClosePipe> pipe(::popen(command.c_str(), "re"));  // NOLINT(cert-env33-c)
  ck_assert_ptr_nonnull(pipe.get());
  std::vector<std::vector<std::string>> lines;
  char line[4096];
  while (std::fgets(line, sizeof line, pipe.get()) != nullptr) {
    std::istringstream stream(line);
    lines.emplace_back();
    for (std::string word; stream >> word;) lines.back().push_back(word);
  }
  ck_assert_uint_gt(lines.size(), 3);
  return lines;
}

// The names of the dynamic symbols, without their versions, that are defined here or are not.
std::set<std::string> symbols(bool defined) {
  std::set<std::string> names;
  for (const auto& words : readelf("--dyn-syms")) {
    if (words.size() < 8 || words[6] == "Ndx") continue;  // Num: Value Size Type Bind Vis Ndx Name
    if ((words[6] != "UND") == defined) names.insert(words[7].substr(0, words[7].find('@')));
  }
  return names;
}

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
  std::set<std::string> needed;
  for (const auto& words : readelf("--dynamic")) {
    if (words.size() > 1 && words[1] == "(NEEDED)") needed.insert(words.back());
  }
  ck_assert(needed == std::set<std::string>({"[libc.so.6]"}));
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
  std::string dynamic;
  for (const auto& words : readelf("--dynamic"))
    for (const std::string& word : words) dynamic += word + " ";
  ck_assert(dynamic.find("BIND_NOW") != std::string::npos);
  for (const char* bad : {"TEXTREL", "RPATH", "RUNPATH", "NODELETE", "STATIC_TLS"})
    ck_assert_msg(dynamic.find(bad) == std::string::npos, "%s", bad);
  bool relro = false;
  for (const auto& words : readelf("--segments")) {
    for (const std::string& word : words) {
      relro = relro || word == "GNU_RELRO";
      ck_assert(word != "RWE");
    }
  }
  ck_assert(relro);
}
END_TEST

bool is_mapped() {
  std::ifstream maps("/proc/self/maps");
  for (std::string line; std::getline(maps, line);) {
    if (line.find("libnss_ad") != std::string::npos) return true;
  }
  return false;
}

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
  return jpki::test::run_suite(suite());
}
