// SPDX-License-Identifier: LGPL-2.1-or-later
//
// ProgressBar: one line on a terminal that tells which step runs and how far it is; nothing elsewhere.
#pragma once

#include <chrono>
#include <string>

namespace jpki {

class ProgressBar {
 public:
  explicit ProgressBar(int terminal);  // a descriptor; silent when it is no terminal
  ~ProgressBar() { clear(); }
  ProgressBar(const ProgressBar&) = delete;
  ProgressBar& operator=(const ProgressBar&) = delete;

  void show(const std::string& step, std::size_t done, std::size_t total);
  void clear();

 private:
  int terminal_;  // negative: silent
  bool shown_ = false;
  std::string step_;
  std::chrono::steady_clock::time_point last_{};
};

// "verify jpki.crl    [#####.....]  50 %"; without a total no bar.
std::string bar_line(const std::string& step, std::size_t done, std::size_t total);

}  // namespace jpki
