// SPDX-License-Identifier: LGPL-2.1-or-later
//
// The filters that the programs carry are those that libseccomp makes of the rules now and here.
#include "base/sandbox/filter.h"

#include "base/sandbox/filter_rules.h"
#include "tests/unit/support/check_main.h"

#include <cstring>

#include <linux/bpf_common.h>

namespace {

using namespace jpki;
using namespace jpki::sandbox;

constexpr std::uint32_t kProcess = 4194303;

bool equal(const Filter& a, const Filter& b) {
  return a.size() == b.size() && std::memcmp(a.data(), b.data(), a.size() * sizeof(sock_filter)) == 0;
}

START_TEST(each_set_of_calls_has_a_number) {
  const auto number = static_cast<std::size_t>(_i);
  ck_assert_uint_eq(filter_number(filter_set(number)), number);
}
END_TEST

START_TEST(a_filter_is_what_libseccomp_makes) {
  const SystemCalls allowed = filter_set(static_cast<std::size_t>(_i));
  auto filter = filter_of(allowed);
  const auto expected = compile_rules(allowed, kProcess);
  ck_assert(filter && expected);
  ck_assert(set_own_process(*filter, kProcess));
  ck_assert(equal(*filter, *expected));
  ck_assert_uint_le(filter->size(), BPF_MAXINSNS);
}
END_TEST

START_TEST(no_two_filters_are_the_same) {
  for (std::size_t other = 0; other < static_cast<std::size_t>(_i); ++other)
    ck_assert(!equal(*filter_of(filter_set(static_cast<std::size_t>(_i))), *filter_of(filter_set(other))));
}
END_TEST

START_TEST(another_process_makes_another_filter) {
  auto filter = filter_of({});
  ck_assert(filter && set_own_process(*filter, kProcess));
  ck_assert(!equal(*filter, *compile_rules({}, kProcess - 1)));
}
END_TEST

constexpr sock_filter kComparison = BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, kOwnProcess, 0, 1);
constexpr sock_filter kOther = BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, kOwnProcess, 0, 1);
constexpr sock_filter kReturn = BPF_STMT(BPF_RET | BPF_K, 0);

START_TEST(the_process_has_one_place) {
  Filter good = {kReturn, kComparison, kReturn};
  ck_assert(set_own_process(good, kProcess));
  ck_assert_uint_eq(good[1].k, kProcess);
  Filter bad[] = {{}, {kReturn}, {kOther}, {kComparison, kComparison}, {kComparison, kOther}};
  for (Filter& filter : bad) ck_assert(!set_own_process(filter, kProcess));
}
END_TEST

Suite* filter_suite() {
  Suite* suite = suite_create("filter");
  TCase* tests = tcase_create("filter");
  tcase_add_loop_test(tests, each_set_of_calls_has_a_number, 0, kFilterCount);
  tcase_add_loop_test(tests, a_filter_is_what_libseccomp_makes, 0, kFilterCount);
  tcase_add_loop_test(tests, no_two_filters_are_the_same, 0, kFilterCount);
  tcase_add_test(tests, another_process_makes_another_filter);
  tcase_add_test(tests, the_process_has_one_place);
  suite_add_tcase(suite, tests);
  return suite;
}

}  // namespace

int main() {
  return jpki::test::run_suite(filter_suite());
}
