// SPDX-License-Identifier: LGPL-2.1-or-later
#include "nss_ad/ldap/time_limit.h"

#include <fcntl.h>
#include <sys/socket.h>

namespace jpki::ad::ldap {

TimeLimit::TimeLimit(std::chrono::seconds span) : thread_([this, span] { run(span); }) {}

TimeLimit::~TimeLimit() {
  {
    const std::lock_guard lock(mutex_);
    over_ = true;
  }
  changed_.notify_one();
  thread_.join();
}

void TimeLimit::watch(int fd) {
  const std::lock_guard lock(mutex_);
  socket_.reset(::fcntl(fd, F_DUPFD_CLOEXEC, 0));
  if (passed_ && socket_.valid()) ::shutdown(socket_.get(), SHUT_RDWR);
}

void TimeLimit::run(std::chrono::seconds span) {
  std::unique_lock lock(mutex_);
  if (changed_.wait_for(lock, span, [this] { return over_; })) return;
  passed_ = true;
  if (socket_.valid()) ::shutdown(socket_.get(), SHUT_RDWR);
}

}  // namespace jpki::ad::ldap
