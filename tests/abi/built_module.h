// SPDX-License-Identifier: LGPL-2.1-or-later
//
// The built file JPKI_MODULE, or another one, as readelf(1) and this process see it.
#pragma once

#include "tests/unit/support/check_main.h"

#include <cstdio>
#include <fstream>
#include <memory>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include <dlfcn.h>
#include <malloc.h>

namespace jpki::test {

using Line = std::vector<std::string>;  // its words

inline std::vector<Line> readelf(const char* option, const std::string& file = JPKI_MODULE) {
  struct ClosePipe {
    void operator()(std::FILE* pipe) const { ::pclose(pipe); }
  };
  const std::string command = std::string(JPKI_READELF " -W ") + option + " " + file;
  const std::unique_ptr<std::FILE, ClosePipe> pipe(::popen(command.c_str(), "re"));  // NOLINT(cert-env33-c)
  ck_assert_ptr_nonnull(pipe.get());
  std::vector<Line> lines;
  char text[4096];
  while (std::fgets(text, sizeof text, pipe.get()) != nullptr) {
    std::istringstream stream(text);
    lines.emplace_back();
    for (std::string word; stream >> word;) lines.back().push_back(word);
  }
  ck_assert_uint_gt(lines.size(), 3);
  return lines;
}

// Of any word of any line.
inline bool any_word_has(const std::vector<Line>& lines, const std::string& text) {
  for (const Line& line : lines) {
    for (const std::string& word : line) {
      if (word.find(text) != std::string::npos) return true;
    }
  }
  return false;
}

// The names of the dynamic symbols, without their versions, that are defined here or are not.
inline std::set<std::string> symbols(bool defined, const std::string& file = JPKI_MODULE) {
  std::set<std::string> names;
  for (const Line& words : readelf("--dyn-syms", file)) {
    if (words.size() < 8 || words[6] == "Ndx") continue;  // Num: Value Size Type Bind Vis Ndx Name
    if ((words[6] != "UND") == defined) names.insert(words[7].substr(0, words[7].find('@')));
  }
  return names;
}

// "libc" for libc.so.6
inline std::set<std::string> needed_libraries(const std::string& file = JPKI_MODULE) {
  std::set<std::string> needed;
  for (const Line& words : readelf("--dynamic", file)) {
    if (words.size() < 2 || words[1] != "(NEEDED)") continue;
    const std::string name = words.back().substr(1, words.back().size() - 2);
    needed.insert(name.substr(0, name.find(".so")));
  }
  return needed;
}

// libc, its parts, and the C++ run-time where it is not linked in.
inline bool is_base_system(const std::string& library) {
  if (library == "libstdc++" || library == "libgcc_s") return !JPKI_RUNTIME_LINKED_IN;
  return library == "libc" || library == "libm" || library.starts_with("ld-linux") || library == "ld64";
}

inline void expect_hardened(const std::string& file = JPKI_MODULE) {
  const auto dynamic = readelf("--dynamic", file);
  ck_assert(any_word_has(dynamic, "BIND_NOW"));
  for (const char* bad : {"TEXTREL", "RPATH", "RUNPATH"})
    ck_assert_msg(!any_word_has(dynamic, bad), "%s", bad);
  const auto segments = readelf("--segments", file);
  ck_assert(any_word_has(segments, "GNU_RELRO"));
  ck_assert(any_word_has(segments, "GNU_STACK"));
  ck_assert(!any_word_has(segments, "RWE"));
}

// STB_GNU_UNIQUE symbols would be shared with other modules, and keep this one in its host, as thread-local
// destructors would.
inline void expect_nothing_shared_with_its_host() {
  const auto symbols = readelf("--dyn-syms");
  ck_assert(!any_word_has(symbols, "UNIQUE"));
  ck_assert(!any_word_has(symbols, "__cxa_thread_atexit"));
  ck_assert(!any_word_has(readelf("--dynamic"), "STATIC_TLS"));
}

inline bool stays_once_loaded() {
  return any_word_has(readelf("--dynamic"), "NODELETE");
}

inline void expect_nothing_pins_it() {
  expect_nothing_shared_with_its_host();
  ck_assert(!stays_once_loaded());
}

inline bool is_mapped() {
  const std::string path = JPKI_MODULE;
  const std::string name = path.substr(path.rfind('/') + 1);
  std::ifstream maps("/proc/self/maps");
  for (std::string line; std::getline(maps, line);) {
    if (line.find(name) != std::string::npos) return true;
  }
  return false;
}

inline std::size_t mappings() {
  std::ifstream maps("/proc/self/maps");
  std::size_t count = 0;
  for (std::string line; std::getline(maps, line);) ++count;
  return count;
}

template <class Use>
void load_use_and_unload(const Use& use) {
  void* const module = ::dlopen(JPKI_MODULE, RTLD_NOW | RTLD_LOCAL);
  ck_assert_msg(module != nullptr, "%s", ::dlerror());
  ck_assert(is_mapped());
  use(module);
  ck_assert_int_eq(::dlclose(module), 0);
  ck_assert(is_mapped() == stays_once_loaded());
}

// Neither memory nor a mapping is added by a module that is loaded, used and unloaded again and again.
template <class Use>
void expect_no_growth(const Use& use) {
  for (int i = 0; i < 300; ++i)
    load_use_and_unload(use);  // until the dynamic linker's own tables stop growing
  const std::size_t memory = ::mallinfo2().uordblks;
  const std::size_t ranges = mappings();
  for (int i = 0; i < 100; ++i) load_use_and_unload(use);
  ck_assert_uint_le(::mallinfo2().uordblks, memory);
  ck_assert_uint_le(mappings(), ranges);
}

inline int run_abi_tests(const char* name, std::initializer_list<const TTest*> tests) {
  Suite* suite = suite_create(name);
  TCase* cases = tcase_create("abi");
  for (const TTest* test : tests) tcase_add_test(cases, test);
  suite_add_tcase(suite, cases);
  return run_suite(suite);
}

}  // namespace jpki::test
