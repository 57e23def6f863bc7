// SPDX-License-Identifier: LGPL-2.1-or-later
//
// TimeLimit: shuts a socket down when a library does not let go of it in time (libldap waits for ever inside
// a TLS handshake). For one socket and one wait.
#pragma once

#include "base/unique_fd.h"

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <thread>

namespace jpki::ad::ldap {

class TimeLimit {
 public:
  explicit TimeLimit(std::chrono::seconds span);
  TimeLimit(const TimeLimit&) = delete;
  TimeLimit& operator=(const TimeLimit&) = delete;
  ~TimeLimit();

  // The socket it is about, from now on.
  void watch(int fd);
  bool passed() const { return passed_; }

 private:
  void run(std::chrono::seconds span);

  std::mutex mutex_;
  std::condition_variable changed_;
  UniqueFd socket_;  // of its own: it cannot become another file
  bool over_ = false;
  std::atomic<bool> passed_ = false;
  std::thread thread_;
};

}  // namespace jpki::ad::ldap
