// SPDX-License-Identifier: LGPL-2.1-or-later
//
// How every bench in C++ measures and judges (side_by_side.py is the same for the Python ones). All sides do
// the same work in turns, round after round, so that a busy machine is busy for all of them. What is compared
// is made within each round; the median of the rounds is printed with its noise, and a goal is met only when
// the noise does not reach over it.
#pragma once

#include <chrono>
#include <functional>
#include <string>
#include <vector>

namespace jpki::bench {

// Ends the bench with exit status 2 when `good` is false.
void require(bool good, const char* what);

// Microseconds. CPU time is user and system of a process and of the children that it has reaped.
struct Cost {
  double cpu = 0;
  double wall = 0;
};

class Stopwatch {
 public:
  Stopwatch();
  Cost elapsed() const;

 private:
  double cpu_ = 0;
  std::chrono::steady_clock::time_point wall_;
};

// The CPU time that this process has spent, without its children's: for what takes microseconds.
double own_cpu_microseconds();

struct Side {
  std::string name;
  std::function<Cost()> once;
};

using Costs = std::vector<Cost>;

// The costs of each side in each round. One more round goes before them and counts for nobody; in each round
// another side begins.
std::vector<Costs> in_turns(const std::vector<Side>& sides, unsigned rounds);

// A median and what it lies between at a confidence of at least 95 %, by the order of the values alone
// (binomial). With fewer than six values that cannot be said: then low and high are the least and the most.
struct Median {
  double value = 0;
  double low = 0;
  double high = 0;
};
Median median(std::vector<double> values);

using Kind = double Cost::*;
Median median(const Costs& costs, Kind kind);
// Of each round: ours divided by theirs, and ours less theirs.
Median ratio(const Costs& ours, const Costs& theirs, Kind kind);
Median excess(const Costs& ours, const Costs& theirs, Kind kind);

// "12.34 [12.01, 12.90]", everything divided by `unit`.
std::string text_of(const Median& median, int decimals, double unit = 1);

// One line for each side: CPU and wall time.
void print(const std::vector<Side>& sides, const std::vector<Costs>& costs, const char* unit_name,
           double unit);
void print_ratio(const std::string& name, const Costs& ours, const Costs& theirs);

// Prints each goal with its verdict and remembers the worst.
class Goals {
 public:
  void at_most(const std::string& what, const Median& measured, double goal, int decimals = 2,
               const std::string& unit = "");
  // 1 when a goal is not met, otherwise 0: noise proves nothing.
  int exit_status() const { return not_met_ ? 1 : 0; }

 private:
  bool not_met_ = false;
};

}  // namespace jpki::bench
