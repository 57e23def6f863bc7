// SPDX-License-Identifier: LGPL-2.1-or-later
#include "pam_jpki/interrupt.h"

#include <iterator>

#include <poll.h>
#include <sys/signalfd.h>

namespace jpki::pam {
namespace {

bool is_ignored(int signal) {
  struct sigaction action {};
  return ::sigaction(signal, nullptr, &action) == 0 && action.sa_handler == SIG_IGN;
}

}  // namespace

Interrupt::Interrupt() {
  sigset_t blocked;
  sigset_t watched;
  if (::pthread_sigmask(SIG_BLOCK, nullptr, &blocked) != 0) return;
  ::sigemptyset(&watched);
  for (const int signal : kStopping) {
    if (::sigismember(&blocked, signal) == 1 && !is_ignored(signal)) ::sigaddset(&watched, signal);
  }
  if (::sigisemptyset(&watched) == 0)
    signals_ = UniqueFd(::signalfd(-1, &watched, SFD_CLOEXEC | SFD_NONBLOCK));
}

Interrupt::First Interrupt::wait(int fd, Deadline deadline) const {
  for (;;) {
    pollfd polled[] = {{fd, POLLIN, 0}, {signals_.get(), POLLIN, 0}};
    const int ready = ::poll(polled, signals_.valid() ? std::size(polled) : 1, deadline.poll_timeout());
    if (ready < 0 && errno == EINTR) continue;
    if (ready == 0) return First::kDeadline;
    return (polled[1].revents & POLLIN) != 0 ? First::kInterrupt : First::kMessage;
  }
}

}  // namespace jpki::pam
