// SPDX-License-Identifier: LGPL-2.1-or-later
#include "validator/fetch/program/plain_transfer.h"

#include <algorithm>
#include <cerrno>
#include <new>

#include <sys/socket.h>

namespace jpki::fetch {
namespace {

constexpr int kMaxReads = 16;  // before the others have their turn

// The values were judged by decode_call(): printable, within bounds.
std::string request_of(const Attempt& attempt, const Url& url) {
  const FetchRequest& request = attempt.request;
  const FetchRequest::Alternative& asked = attempt.asked();
  std::string text = (asked.body.empty() ? "GET " : "POST ") + url.rest + " HTTP/1.1\r\n";
  const auto add = [&](const char* name, const std::string& value) {
    if (!value.empty()) text += std::string(name) + ": " + value + "\r\n";
  };
  add("Host", url.has_default_port() ? url.host : url.authority());
  add("User-Agent", kUserAgent);
  add("Accept", request.accept.empty() ? "*/*" : request.accept);
  add("If-None-Match", request.etag);
  add("If-Modified-Since", request.last_modified);
  if (!asked.body.empty()) {
    add("Content-Type", asked.content_type);
    add("Content-Length", std::to_string(asked.body.size()));
  }
  return text + "\r\n" + std::string(as_text(asked.body));
}

bool would_block() {
  return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR;
}

}  // namespace

PlainTransfer::PlainTransfer(const Attempt& attempt, const Url& url, const FetchRules& rules,
                             PlainNetwork& network)
    : response_(attempt, url.authority()),
      url_(url),
      unsent_(request_of(attempt, url)),
      end_(std::chrono::steady_clock::now() + attempt.timeout),
      connected_by_(end_ - attempt.timeout + connect_timeout(attempt, rules)),
      speed_(end_ - attempt.timeout),
      network_(network),
      place_(network.enter(this)) {}

PlainTransfer::~PlainTransfer() {
  network_.leave(place_);
}

void PlainTransfer::end() {
  state_ = State::kEnded;
  lookup_.reset();
  connector_.reset();
  socket_.reset();
  reader_.reset();
}

void PlainTransfer::end(Problem problem) {
  response_.fail(problem);
  end();
}

bool PlainTransfer::is_late(TimePoint now) {
  const bool connected = state_ == State::kSending || state_ == State::kReceiving;
  return now >= end_ || (!connected && now >= connected_by_) || speed_.too_slow(now);
}

void PlainTransfer::work(TimePoint now, bool may_connect) {
  if (ended()) return;
  try {
    while (step(now, may_connect)) {
    }
  } catch (const std::bad_alloc&) {
    end(Problem::kMemory);
  }
  if (!ended() && is_late(now)) end(Problem::kTimeout);
}

// False when it has to wait.
bool PlainTransfer::step(TimePoint now, bool may_connect) {
  switch (state_) {
    case State::kQueued:
      return may_connect && leave_queue();
    case State::kLookingUp:
      return take_addresses();
    case State::kConnecting:
      return connect(now);
    case State::kSending:
      return send();
    case State::kReceiving:
      return receive();
    case State::kEnded:
      break;
  }
  return false;
}

bool PlainTransfer::leave_queue() {
  if (const auto address = numeric_address(url_.host, url_.port)) {
    connector_.emplace(std::vector{*address});
    state_ = State::kConnecting;
    return true;
  }
  if (!NameLookup::may_start()) return false;
  lookup_ = NameLookup::start(url_.host, url_.port);
  state_ = State::kLookingUp;
  if (!lookup_) end(Problem::kNameUnknown);
  return true;
}

bool PlainTransfer::take_addresses() {
  if (!lookup_->done()) return false;
  std::vector<Address> addresses = lookup_->addresses();
  lookup_.reset();
  state_ = State::kConnecting;
  if (addresses.empty()) {
    end(Problem::kNameUnknown);
  } else {
    connector_.emplace(std::move(addresses));
  }
  return true;
}

bool PlainTransfer::connect(TimePoint now) {
  switch (connector_->work(now)) {
    case Connector::State::kConnecting:
      return false;
    case Connector::State::kFailed:
      end(Problem::kNotConnected);
      break;
    case Connector::State::kConnected:
      socket_ = connector_->take();
      connector_.reset();
      reader_.emplace(response_);
      state_ = State::kSending;
      break;
  }
  return true;
}

bool PlainTransfer::send() {
  const ssize_t sent = ::send(socket_.get(), unsent_.data(), unsent_.size(), MSG_NOSIGNAL);
  if (sent < 0 && would_block()) return false;
  if (sent < 0) {
    end(Problem::kNotSent);
    return true;
  }
  unsent_.erase(0, static_cast<std::size_t>(sent));
  if (unsent_.empty()) state_ = State::kReceiving;
  return true;
}

bool PlainTransfer::receive() {
  for (int i = 0; i < kMaxReads && reader_->more(); ++i) {
    const auto room = reader_->room();
    const ssize_t got = ::recv(socket_.get(), room.data(), room.size(), 0);
    if (got < 0 && would_block()) return false;
    if (got < 0) {
      end(Problem::kNotReceived);
      return true;
    }
    if (got == 0) {
      reader_->end();
    } else {
      speed_.count(static_cast<std::size_t>(got));
      reader_->take(static_cast<std::size_t>(got));
    }
  }
  if (!reader_->more()) end();
  return false;
}

void PlainTransfer::add_to(std::vector<pollfd>& waited_for) const {
  switch (state_) {
    case State::kQueued:
    case State::kEnded:
      break;
    case State::kLookingUp:
      waited_for.push_back({lookup_->descriptor(), 0, 0});
      break;
    case State::kConnecting:
      connector_->add_to(waited_for);
      break;
    case State::kSending:
      waited_for.push_back({socket_.get(), POLLOUT, 0});
      break;
    case State::kReceiving:
      waited_for.push_back({socket_.get(), POLLIN, 0});
      break;
  }
}

PlainTransfer::TimePoint PlainTransfer::next_event() const {
  auto next = std::min(end_, speed_.next_event());
  switch (state_) {
    case State::kQueued:
    case State::kLookingUp:
      return std::min(next, connected_by_);
    case State::kConnecting:
      return std::min({next, connected_by_, connector_->next_event()});
    case State::kSending:
    case State::kReceiving:
      return next;
    case State::kEnded:
      break;
  }
  return TimePoint::min();
}

}  // namespace jpki::fetch
