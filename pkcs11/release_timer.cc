// SPDX-License-Identifier: LGPL-2.1-or-later
#include "pkcs11/release_timer.h"

#include <pthread.h>
#include <signal.h>

namespace jpki::pkcs11 {

void ReleaseTimer::wake(Module& module) {
  const std::lock_guard lock(mutex_);
  news_ = true;
  changed_.notify_one();
  if (thread_.joinable() || stopping_) return;
  sigset_t all;
  sigset_t before;
  ::sigfillset(&all);
  ::pthread_sigmask(SIG_SETMASK, &all, &before);
  try {
    thread_ = std::thread([this, &module] { run(module); });
  } catch (...) {
    ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
    throw;
  }
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

// The module is asked without the lock: it calls wake() while it is locked itself.
void ReleaseTimer::run(Module& module) {
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    news_ = false;
    lock.unlock();
    module.on_time(std::chrono::steady_clock::now());
    const auto due = module.due();
    lock.lock();
    const auto woken = [this] { return news_ || stopping_; };
    if (due) {
      changed_.wait_until(lock, *due, woken);
    } else {
      changed_.wait(lock, woken);
    }
  }
}

void ReleaseTimer::stop() noexcept {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    changed_.notify_one();
  }
  if (thread_.joinable()) thread_.join();
}

}  // namespace jpki::pkcs11
