// SPDX-License-Identifier: LGPL-2.1-or-later
#include "pam_jpki/fork_guard.h"

#include <pthread.h>

namespace jpki::pam {
namespace {

pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;

// In the child, too, the thread that called fork(2) holds it.
void lock() noexcept {
  ::pthread_mutex_lock(&mutex);
}
void unlock() noexcept {
  ::pthread_mutex_unlock(&mutex);
}

// As the module is loaded; it stays loaded. Without memory for it forks are as they were.
[[gnu::constructor]] void watch_forks() noexcept {
  ::pthread_atfork(lock, unlock, unlock);
}

}  // namespace

ForkGuard::ForkGuard() noexcept {
  lock();
}
ForkGuard::~ForkGuard() {
  unlock();
}

}  // namespace jpki::pam
