// SPDX-License-Identifier: LGPL-2.1-or-later
#include "base/progress_bar.h"

#include <algorithm>

#include <unistd.h>

namespace jpki {
namespace {

constexpr std::size_t kStepWidth = 32;
constexpr std::size_t kBarWidth = 30;
constexpr std::chrono::milliseconds kInterval{100};

void put(int terminal, const std::string& text) {
  const ssize_t ignored = ::write(terminal, text.data(), text.size());
  static_cast<void>(ignored);
}

}  // namespace

ProgressBar::ProgressBar(int terminal) : terminal_(::isatty(terminal) == 1 ? terminal : -1) {}

void ProgressBar::show(const std::string& step, std::size_t done, std::size_t total) {
  if (terminal_ < 0) return;
  const auto now = std::chrono::steady_clock::now();
  if (step == step_ && done < total && now - last_ < kInterval) return;
  step_ = step;
  last_ = now;
  shown_ = true;
  put(terminal_, "\r" + bar_line(step, done, total) + "\x1b[K");
}

void ProgressBar::clear() {
  if (shown_) put(terminal_, "\r\x1b[K");
  shown_ = false;
}

std::string bar_line(const std::string& step, std::size_t done, std::size_t total) {
  std::string line = step.substr(0, kStepWidth);
  if (total == 0) return line;
  const std::size_t part = std::min(done, total);
  const std::size_t filled = part * kBarWidth / total;
  const std::string percent = std::to_string(part * 100 / total);
  line.append(kStepWidth - line.size() + 1, ' ');
  line += "[" + std::string(filled, '#') + std::string(kBarWidth - filled, '.') + "] ";
  return line + std::string(3 - percent.size(), ' ') + percent + " %";
}

}  // namespace jpki
