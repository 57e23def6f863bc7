// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Connector: a TCP connection to the first of several addresses that takes it. The next one is tried when the
// last has failed, or has not answered for a moment (RFC 8305 5): a dead IPv6 route costs no login.
#pragma once

#include "base/unique_fd.h"
#include "validator/fetch/program/name_lookup.h"

#include <chrono>

#include <poll.h>

namespace jpki::fetch {

class Connector {
 public:
  using TimePoint = std::chrono::steady_clock::time_point;
  enum class State { kConnecting, kConnected, kFailed };

  // In order of preference.
  explicit Connector(std::vector<Address> addresses) : addresses_(std::move(addresses)) {}

  // As far as it goes without waiting.
  State work(TimePoint now);
  // Once connected: non-blocking.
  UniqueFd take() { return std::move(connected_); }

  // What to wait for.
  void add_to(std::vector<pollfd>& waited_for) const;
  TimePoint next_event() const { return next_ < addresses_.size() ? next_start_ : TimePoint::max(); }

 private:
  void start_next(TimePoint now);
  bool take_finished();

  std::vector<Address> addresses_;
  std::size_t next_ = 0;
  TimePoint next_start_{};
  std::vector<UniqueFd> open_;  // connecting
  UniqueFd connected_;
};

}  // namespace jpki::fetch
