// SPDX-License-Identifier: LGPL-2.1-or-later
//
// CallCount: how many calls of this process are under way. A child process after fork(2) has none: what its
// parent's threads were in goes on in the parent alone.
#pragma once

#include <atomic>

#include <unistd.h>

namespace jpki::pkcs11 {

class CallCount {
 public:
  CallCount() = default;
  CallCount(const CallCount&) = delete;
  CallCount& operator=(const CallCount&) = delete;

  void begin() noexcept {
    const pid_t here = ::getpid();
    State known = state_;
    while (!state_.compare_exchange_weak(known, {here, known.process == here ? known.calls + 1 : 1})) {
    }
  }
  // Of a call that a parent process began it ends nothing.
  void end() noexcept {
    const pid_t here = ::getpid();
    State known = state_;
    while (known.process == here && !state_.compare_exchange_weak(known, {here, known.calls - 1})) {
    }
    state_.notify_all();
  }

  bool none() const noexcept { return is_none(state_); }
  void wait_for_none() const noexcept {
    for (State known = state_; !is_none(known); known = state_) state_.wait(known);
  }

 private:
  struct State {
    pid_t process = 0;
    int calls = 0;
  };
  static bool is_none(const State& state) noexcept { return state.process != ::getpid() || state.calls == 0; }

  std::atomic<State> state_{};
  static_assert(std::atomic<State>::is_always_lock_free);
};

}  // namespace jpki::pkcs11
