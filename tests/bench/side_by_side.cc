// SPDX-License-Identifier: LGPL-2.1-or-later
#include "tests/bench/side_by_side.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <ctime>

#include <fmt/core.h>
#include <sys/resource.h>

namespace jpki::bench {
namespace {

double microseconds(const timeval& time) {
  return static_cast<double>(time.tv_sec) * 1e6 + static_cast<double>(time.tv_usec);
}

double children_cpu_microseconds() {
  struct rusage usage {};
  require(::getrusage(RUSAGE_CHILDREN, &usage) == 0, "getrusage");
  return microseconds(usage.ru_utime) + microseconds(usage.ru_stime);
}

// How many of the lowest of `count` values lie outside the interval, and as many of the highest: the most
// heads that a fair coin, thrown `count` times, does not exceed with a probability of at most 2.5 %.
std::size_t outside(std::size_t count) {
  const auto n = static_cast<double>(count);
  std::size_t result = 0;
  double tail = 0;
  for (std::size_t heads = 0; heads < count / 2; ++heads) {
    const auto k = static_cast<double>(heads);
    tail += std::exp(std::lgamma(n + 1) - std::lgamma(k + 1) - std::lgamma(n - k + 1) - n * std::log(2.0));
    if (tail > 0.025) break;
    result = heads;
  }
  return result;
}

template <class Combine>
Median paired(const Costs& ours, const Costs& theirs, Kind kind, Combine combine) {
  require(ours.size() == theirs.size(), "pairing the rounds");
  std::vector<double> values;
  for (std::size_t round = 0; round < ours.size(); ++round)
    values.push_back(combine(ours[round].*kind, theirs[round].*kind));
  return median(std::move(values));
}

}  // namespace

void require(bool good, const char* what) {
  if (good) return;
  fmt::print(stderr, "bench: {} failed\n", what);
  std::exit(2);
}

double own_cpu_microseconds() {
  timespec time{};
  require(::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time) == 0, "clock_gettime");
  return static_cast<double>(time.tv_sec) * 1e6 + static_cast<double>(time.tv_nsec) / 1e3;
}

Stopwatch::Stopwatch()
    : cpu_(children_cpu_microseconds() + own_cpu_microseconds()), wall_(std::chrono::steady_clock::now()) {}

Cost Stopwatch::elapsed() const {
  const std::chrono::duration<double, std::micro> wall = std::chrono::steady_clock::now() - wall_;
  return {own_cpu_microseconds() + children_cpu_microseconds() - cpu_, wall.count()};
}

std::vector<Costs> in_turns(const std::vector<Side>& sides, unsigned rounds) {
  std::vector<Costs> costs(sides.size());
  for (const Side& side : sides) side.once();
  for (unsigned round = 0; round < rounds; ++round) {
    for (std::size_t turn = 0; turn < sides.size(); ++turn) {
      const std::size_t side = (round + turn) % sides.size();
      costs[side].push_back(sides[side].once());
    }
  }
  return costs;
}

Median median(std::vector<double> values) {
  require(!values.empty(), "the median of nothing");
  std::ranges::sort(values);
  const std::size_t count = values.size(), middle = count / 2, cut = outside(count);
  return {count % 2 != 0 ? values[middle] : (values[middle - 1] + values[middle]) / 2, values[cut],
          values[count - 1 - cut]};
}

Median median(const Costs& costs, Kind kind) {
  std::vector<double> values;
  for (const Cost& cost : costs) values.push_back(cost.*kind);
  return median(std::move(values));
}

Median ratio(const Costs& ours, const Costs& theirs, Kind kind) {
  return paired(ours, theirs, kind, [](double a, double b) { return a / b; });
}

Median excess(const Costs& ours, const Costs& theirs, Kind kind) {
  return paired(ours, theirs, kind, [](double a, double b) { return a - b; });
}

std::string text_of(const Median& median, int decimals, double unit) {
  return fmt::format("{:.{}f} [{:.{}f}, {:.{}f}]", median.value / unit, decimals, median.low / unit, decimals,
                     median.high / unit, decimals);
}

void print(const std::vector<Side>& sides, const std::vector<Costs>& costs, const char* unit_name,
           double unit) {
  fmt::print("  medians of {} rounds [at 95 %], {}\n", costs[0].size(), unit_name);
  for (std::size_t i = 0; i < sides.size(); ++i)
    fmt::print("  {:32} CPU {:>27}   wall {:>27}\n", sides[i].name,
               text_of(median(costs[i], &Cost::cpu), 2, unit),
               text_of(median(costs[i], &Cost::wall), 2, unit));
}

void print_ratio(const std::string& name, const Costs& ours, const Costs& theirs) {
  fmt::print("  {:32} CPU {:>27}   wall {:>27}\n", name, text_of(ratio(ours, theirs, &Cost::cpu), 3),
             text_of(ratio(ours, theirs, &Cost::wall), 3));
}

void Goals::at_most(const std::string& what, const Median& measured, double goal, int decimals,
                    const std::string& unit) {
  const char* verdict = "cannot tell: noise";
  if (measured.high <= goal) verdict = "met";
  if (measured.low > goal) verdict = "not met";
  not_met_ = not_met_ || measured.low > goal;
  fmt::print("  goal: {}: {}{}, at most {}{}: {}\n", what, text_of(measured, decimals), unit, goal, unit,
             verdict);
}

}  // namespace jpki::bench
