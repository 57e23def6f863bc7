// SPDX-License-Identifier: LGPL-2.1-or-later
//
// ReleaseTimer: the thread that lets go of cards whose time is up. Runs only from the first login on, and
// takes no signals.
#pragma once

#include "pkcs11/module.h"

#include <condition_variable>
#include <mutex>
#include <thread>

namespace jpki::pkcs11 {

class ReleaseTimer {
 public:
  ReleaseTimer() = default;
  ReleaseTimer(const ReleaseTimer&) = delete;
  ReleaseTimer& operator=(const ReleaseTimer&) = delete;
  ~ReleaseTimer() { stop(); }

  // `module` must outlive the timer's stop(). May be called with the module locked. std::system_error: there
  // can be no thread.
  void wake(Module& module);
  void stop() noexcept;

 private:
  void run(Module& module);

  std::mutex mutex_;
  std::condition_variable changed_;
  std::thread thread_;
  bool news_ = false;
  bool stopping_ = false;
};

}  // namespace jpki::pkcs11
