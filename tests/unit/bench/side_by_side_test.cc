// SPDX-License-Identifier: LGPL-2.1-or-later
//
// How the benches judge: medians, their noise, and that side_by_side.py says the same as side_by_side.h.
#include "tests/bench/side_by_side.h"

#include "tests/unit/support/check_main.h"

#include <cstdio>
#include <numeric>

#include <fmt/core.h>

namespace jpki::test {
namespace {

using namespace jpki::bench;

std::vector<double> up_to(int count) {
  std::vector<double> values(static_cast<std::size_t>(count));
  std::iota(values.rbegin(), values.rend(), 1);
  return values;
}

// Ranks of the interval of 1, 2, … count, from the tables of the sign test at 5 %, two-sided.
struct Case {
  int count;
  Median expected;
};
constexpr Case kCases[] = {{1, {1, 1, 1}},    {2, {1.5, 1, 2}},     {5, {3, 1, 5}},
                           {6, {3.5, 1, 6}},  {8, {4.5, 1, 8}},     {9, {5, 2, 8}},
                           {10, {5.5, 2, 9}}, {15, {8, 4, 12}},     {20, {10.5, 6, 15}},
                           {25, {13, 8, 18}}, {50, {25.5, 18, 33}}, {100, {50.5, 40, 61}}};

START_TEST(a_median_lies_between_its_ranks) {
  for (const auto& [count, expected] : kCases) {
    const Median found = median(up_to(count));
    ck_assert_msg(found.value == expected.value && found.low == expected.low && found.high == expected.high,
                  "%d values: %g [%g, %g]", count, found.value, found.low, found.high);
  }
}
END_TEST

START_TEST(python_says_the_same) {
  std::string counts;
  for (const Case& each : kCases) counts += fmt::format("{},", each.count);
  const std::string command = fmt::format(
      "PYTHONDONTWRITEBYTECODE=1 PYTHONPATH='{}/tests/bench' /usr/bin/python3 -c 'from side_by_side "
      "import Median\nfor n in ({}):\n m = Median.of(range(n, 0, -1))\n print(m.value, m.low, m.high)'",
      TOP_SOURCE, counts);
  std::FILE* const output = ::popen(command.c_str(), "r");
  ck_assert_ptr_nonnull(output);
  for (const auto& [count, expected] : kCases) {
    Median found;
    ck_assert_int_eq(std::fscanf(output, "%lf %lf %lf", &found.value, &found.low, &found.high), 3);
    ck_assert_msg(found.value == expected.value && found.low == expected.low && found.high == expected.high,
                  "%d values: %g [%g, %g]", count, found.value, found.low, found.high);
  }
  ck_assert_int_eq(::pclose(output), 0);
}
END_TEST

// What is common to both sides of a round cancels out.
START_TEST(pairs_are_made_within_a_round) {
  const Costs ours = {{1, 10}, {10, 100}, {100, 1000}}, theirs = {{2, 10}, {20, 100}, {200, 1000}};
  const Median found = ratio(ours, theirs, &Cost::cpu);
  ck_assert(found.value == 0.5 && found.low == 0.5 && found.high == 0.5);
  const Median more = excess(ours, theirs, &Cost::cpu);
  ck_assert(more.value == -10 && more.low == -100 && more.high == -1);
}
END_TEST

START_TEST(noise_proves_nothing) {
  Goals goals;
  goals.at_most("met", {1, 0.9, 1.1}, 1.1);
  goals.at_most("noise", {1, 0.9, 1.1}, 1);
  ck_assert_int_eq(goals.exit_status(), 0);
  goals.at_most("not met", {1, 0.9, 1.1}, 0.8);
  goals.at_most("met", {1, 0.9, 1.1}, 2);
  ck_assert_int_eq(goals.exit_status(), 1);
}
END_TEST

START_TEST(sides_take_turns_after_one_round_that_does_not_count) {
  std::string order;
  const auto side = [&order](char name) {
    return Side{std::string(1, name), [&order, name] {
                  order += name;
                  return Cost{static_cast<double>(order.size()), 0};
                }};
  };
  const auto costs = in_turns({side('a'), side('b'), side('c')}, 3);
  ck_assert_str_eq(order.c_str(), "abcabcbcacab");
  ck_assert_uint_eq(costs.size(), 3);
  ck_assert(costs[0][0].cpu == 4 && costs[0][1].cpu == 9 && costs[0][2].cpu == 11);
}
END_TEST

}  // namespace
}  // namespace jpki::test

int main() {
  using namespace jpki::test;
  Suite* suite = suite_create("side_by_side");
  TCase* tests = tcase_create("judging");
  tcase_set_timeout(tests, 120);
  tcase_add_test(tests, a_median_lies_between_its_ranks);
  tcase_add_test(tests, python_says_the_same);
  tcase_add_test(tests, pairs_are_made_within_a_round);
  tcase_add_test(tests, noise_proves_nothing);
  tcase_add_test(tests, sides_take_turns_after_one_round_that_does_not_count);
  suite_add_tcase(suite, tests);
  return run_suite(suite);
}
