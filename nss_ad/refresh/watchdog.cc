// SPDX-License-Identifier: LGPL-2.1-or-later
#include "nss_ad/refresh/watchdog.h"

#include <algorithm>
#include <array>
#include <csignal>
#include <cstddef>

#include <sys/time.h>
#include <unistd.h>

namespace jpki::ad::refresh {
namespace {

// All that a signal handler may touch.
std::array<char, 512> g_message;
volatile std::size_t g_size = 0;

void end_the_process(int) {
  const ssize_t ignored = ::write(STDERR_FILENO, g_message.data(), g_size);
  static_cast<void>(ignored);
  ::_exit(2);
}

}  // namespace

Watchdog::Watchdog(std::chrono::seconds span, const std::string& message) {
  g_size = std::min(message.size(), g_message.size());
  std::copy_n(message.data(), g_size, g_message.data());
  struct sigaction action {};
  action.sa_handler = &end_the_process;
  ::sigaction(SIGALRM, &action, nullptr);
  const itimerval timer{{0, 0}, {span.count(), 0}};
  ::setitimer(ITIMER_REAL, &timer, nullptr);
}

Watchdog::~Watchdog() {
  const itimerval none{};
  ::setitimer(ITIMER_REAL, &none, nullptr);
  ::signal(SIGALRM, SIG_DFL);
}

}  // namespace jpki::ad::refresh
