// SPDX-License-Identifier: LGPL-2.1-or-later
#include "validator/fetch/program/connector.h"

#include <cerrno>

#include <netinet/in.h>
#include <netinet/tcp.h>

namespace jpki::fetch {
namespace {

constexpr std::chrono::milliseconds kPatience{250};  // RFC 8305 8: Connection Attempt Delay

bool is_writable(const UniqueFd& socket) {
  pollfd one{socket.get(), POLLOUT, 0};
  return ::poll(&one, 1, 0) == 1;
}

bool has_failed(const UniqueFd& socket) {
  int error = 0;
  socklen_t size = sizeof error;
  return ::getsockopt(socket.get(), SOL_SOCKET, SO_ERROR, &error, &size) != 0 || error != 0;
}

}  // namespace

void Connector::start_next(TimePoint now) {
  const Address& address = addresses_[next_++];
  next_start_ = now + kPatience;
  UniqueFd socket(::socket(address.get()->sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!socket.valid()) return;
  const int at_once = 1;
  ::setsockopt(socket.get(), IPPROTO_TCP, TCP_NODELAY, &at_once, sizeof at_once);
  if (::connect(socket.get(), address.get(), address.size) == 0 || errno == EINPROGRESS)
    open_.push_back(std::move(socket));
}

bool Connector::take_finished() {
  for (auto socket = open_.begin(); socket != open_.end();) {
    if (!is_writable(*socket)) {
      ++socket;
    } else if (has_failed(*socket)) {
      socket = open_.erase(socket);
    } else {
      connected_ = std::move(*socket);
      open_.clear();
      return true;
    }
  }
  return false;
}

Connector::State Connector::work(TimePoint now) {
  for (;;) {
    if (take_finished()) return State::kConnected;
    const bool due = open_.empty() || now >= next_start_;
    if (next_ == addresses_.size() || !due) break;
    start_next(now);
  }
  return open_.empty() ? State::kFailed : State::kConnecting;
}

void Connector::add_to(std::vector<pollfd>& waited_for) const {
  for (const UniqueFd& socket : open_) waited_for.push_back({socket.get(), POLLOUT, 0});
}

}  // namespace jpki::fetch
