// SPDX-License-Identifier: LGPL-2.1-or-later
#include "base/sandbox/locked_memory.h"

#include "base/sandbox/sanitized.h"
#include "tests/unit/support/check_main.h"

#include <cstdint>
#include <cstdio>
#include <cstdlib>

#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

namespace {

using namespace jpki;

// As a helper user: root is bound by no limit.
void become_bound_by(rlim_t bytes) {
  const rlimit limit{bytes, bytes};
  ck_assert_int_eq(::setrlimit(RLIMIT_MEMLOCK, &limit), 0);
  if (::getuid() == 0) ck_assert_int_eq(::setuid(65534), 0);
  ck_assert_int_eq(::prctl(PR_SET_DUMPABLE, 1, 0, 0, 0), 0);  // or /proc/self would be root's
}

// Whether the mapping with this address has "lo" among its VmFlags, proc(5).
bool is_locked(const void* place) {
  const auto address = reinterpret_cast<std::uintptr_t>(place);
  std::ifstream maps("/proc/self/smaps");
  bool inside = false;
  for (std::string line; std::getline(maps, line);) {
    unsigned long long begin = 0;
    unsigned long long end = 0;
    if (std::sscanf(line.c_str(), "%llx-%llx ", &begin, &end) == 2)
      inside = begin <= address && address < end;
    if (inside && line.starts_with("VmFlags:")) return (line + ' ').find(" lo ") != std::string::npos;
  }
  return false;
}

int initialised = 1;

START_TEST(what_can_be_written_to_is_locked_within_a_small_limit) {
  if (sandbox::kSanitized) return;
  become_bound_by(8 << 20);
  const int on_the_stack = 0;
  void* const before = std::malloc(100);
  const auto locked = sandbox::lock_memory();
  ck_assert_msg(locked.has_value(), "%s", locked ? "" : locked.error().c_str());
  ck_assert(is_locked(&on_the_stack) && is_locked(&initialised) && is_locked(before));
  for (int i = 0; i < 100; ++i) ck_assert(is_locked(std::malloc(1000)));  // of the heap's reserve
  ck_assert(is_locked(std::malloc(100'000)));
  // And nothing stands in the way of more.
  ck_assert(::mmap(nullptr, 64 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) !=
            MAP_FAILED);
}
END_TEST

START_TEST(what_comes_later_is_locked_where_the_limit_allows_it) {
  rlimit limit{};
  ck_assert_int_eq(::getrlimit(RLIMIT_MEMLOCK, &limit), 0);
  if (sandbox::kSanitized || limit.rlim_max < (rlim_t{1} << 30)) return;
  become_bound_by(limit.rlim_max);
  ck_assert(sandbox::lock_memory().has_value());
  void* const later = ::mmap(nullptr, 1 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  const int on_the_stack = 0;
  ck_assert(is_locked(later) && is_locked(&on_the_stack) && is_locked(&initialised));
}
END_TEST

START_TEST(what_cannot_be_locked_is_told_with_the_limit) {
  if (sandbox::kSanitized) return;
  become_bound_by(4096);
  const auto locked = sandbox::lock_memory();
  ck_assert(!locked && locked.error().find("RLIMIT_MEMLOCK at 4096") != std::string::npos);
}
END_TEST

Suite* locked_memory_suite() {
  Suite* suite = suite_create("locked_memory");
  TCase* tests = tcase_create("locked_memory");
  tcase_add_test(tests, what_can_be_written_to_is_locked_within_a_small_limit);
  tcase_add_test(tests, what_comes_later_is_locked_where_the_limit_allows_it);
  tcase_add_test(tests, what_cannot_be_locked_is_told_with_the_limit);
  suite_add_tcase(suite, tests);
  return suite;
}

}  // namespace

int main() {
  return jpki::test::run_suite(locked_memory_suite());
}
