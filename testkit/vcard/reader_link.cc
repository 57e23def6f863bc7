// SPDX-License-Identifier: LGPL-2.1-or-later
#include "testkit/vcard/reader_link.h"

#include <algorithm>
#include <array>
#include <cerrno>

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>

namespace jpki::vcard {
namespace {

constexpr std::chrono::milliseconds kRetryAfter{50};
constexpr std::chrono::milliseconds kPollOfPcscd{
    700};                             // it looks every 400 ms; the rest is for a busy machine
constexpr int kLooksBeforePower = 2;  // one finds the card, the other precedes each power-on
constexpr std::size_t kLengthSize = 2;
constexpr std::uint8_t kPollMessage[] = {0, 1, static_cast<std::uint8_t>(ReaderControl::kGetAtr)};

bool is(Bytes message, ReaderControl control) noexcept {
  return message.size() == 1 && message[0] == static_cast<std::uint8_t>(control);
}

bool would_block() {
  return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR;
}

Blob framed(Bytes message) {
  Blob frame = {static_cast<std::uint8_t>(message.size() >> 8),
                static_cast<std::uint8_t>(message.size() & 0xFF)};
  append_bytes(frame, message);
  return frame;
}

}  // namespace

void ReaderLink::insert() {
  wanted_ = true;
  if (state_ != State::kClosed || retry_at_) return;
  if (unnoticed_until_) {
    retry_at_ = unnoticed_until_;
  } else {
    connect();
  }
}

void ReaderLink::remove() {
  wanted_ = false;
  retry_at_.reset();
  if (state_ == State::kConnected) leave(busy());
  if (state_ == State::kConnecting) close();
}

void ReaderLink::connect() {
  retry_at_.reset();
  socket_.reset(::socket(address_.storage.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  state_ = State::kConnecting;
  if (::connect(socket_.get(), reinterpret_cast<const sockaddr*>(&address_.storage), address_.size) != 0 &&
      errno != EINPROGRESS) {
    close();
  }
}

void ReaderLink::leave(bool in_command) {
  card_.removed();
  left_in_command_ = in_command;
  state_ = State::kLeaving;
  input_.clear();
  answer_due_.reset();
  output_.clear();
  ::shutdown(socket_.get(), SHUT_WR);
}

void ReaderLink::close() {
  card_.removed();
  socket_.reset();
  state_ = State::kClosed;
  seen_ = false;
  powered_on_ = false;
  looks_ = 0;
  input_.clear();
  answer_due_.reset();
  output_.clear();
  const SteadyTime now = std::chrono::steady_clock::now();
  if (std::exchange(left_in_command_, false)) unnoticed_until_ = now + kPollOfPcscd;
  if (wanted_) retry_at_ = unnoticed_until_.value_or(now + kRetryAfter);
}

void ReaderLink::watch(std::vector<Watch>& watches) {
  if (state_ == State::kClosed) return;
  const bool writes = state_ == State::kConnecting || !output_.empty();
  const auto events = static_cast<short>(writes ? POLLIN | POLLOUT : POLLIN);
  watches.push_back({socket_.get(), events, [this](short revents) { on_ready(revents); }});
}

void ReaderLink::on_ready(short events) {
  if (state_ == State::kConnecting) {
    int error = 0;
    socklen_t size = sizeof error;
    ::getsockopt(socket_.get(), SOL_SOCKET, SO_ERROR, &error, &size);
    if (error != 0) return close();
    const int yes = 1;
    ::setsockopt(socket_.get(), IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    state_ = State::kConnected;
    return;
  }
  if ((events & POLLOUT) != 0) write_output();
  if (state_ != State::kClosed && (events & (POLLIN | POLLHUP | POLLERR)) != 0) read_input();
}

void ReaderLink::read_input() {
  std::array<std::uint8_t, 4096> chunk{};
  const ssize_t size = ::recv(socket_.get(), chunk.data(), chunk.size(), 0);
  if (size < 0 && would_block()) return;
  if (size <= 0) return close();
  // vpcd writes length and message separately, with Nagle's algorithm: a delayed acknowledgement of the
  // length would add 40 ms to every command. The kernel clears this option, so it is set each time.
  const int yes = 1;
  ::setsockopt(socket_.get(), IPPROTO_TCP, TCP_QUICKACK, &yes, sizeof yes);
  if (state_ == State::kLeaving) {
    const Bytes received(chunk.data(), static_cast<std::size_t>(size));
    if (!std::ranges::equal(received, kPollMessage)) left_in_command_ = true;
    return;
  }
  input_.insert(input_.end(), chunk.begin(), chunk.begin() + size);
  process_input();
}

void ReaderLink::process_input() {
  while (state_ == State::kConnected && !answer_due_ && output_.empty() && input_.size() >= kLengthSize) {
    const std::size_t length = static_cast<std::size_t>(input_[0]) << 8 | input_[1];
    if (input_.size() < kLengthSize + length) return;
    const Blob message(input_.begin() + kLengthSize,
                       input_.begin() + static_cast<std::ptrdiff_t>(kLengthSize + length));
    input_.erase(input_.begin(), input_.begin() + static_cast<std::ptrdiff_t>(kLengthSize + length));
    react(message);
    send_due_answer(std::chrono::steady_clock::now());
  }
}

bool ReaderLink::taken_for_another(Bytes message) noexcept {
  if (is(message, ReaderControl::kPowerOn)) powered_on_ = true;
  if (!powered_on_ && is(message, ReaderControl::kGetAtr)) ++looks_;
  return looks_ > kLooksBeforePower;
}

void ReaderLink::react(Bytes message) {
  if (taken_for_another(message)) return leave(false);
  const Reaction reaction = card_.receive(message);
  switch (reaction.kind) {
    case Reaction::Kind::kAnswer:
      answer_ = framed(reaction.response);
      answer_due_ = std::chrono::steady_clock::now() + reaction.delay;
      if (message.size() == 1 && card_.powered()) seen_ = true;
      return;
    case Reaction::Kind::kNoAnswer:
      return;
    case Reaction::Kind::kPulled:
      wanted_ = false;
      return leave(true);
  }
}

void ReaderLink::write_output() {
  const ssize_t sent = ::send(socket_.get(), output_.data(), output_.size(), MSG_NOSIGNAL);
  if (sent < 0 && would_block()) return;
  if (sent < 0) return close();
  output_.erase(output_.begin(), output_.begin() + sent);
}

std::optional<SteadyTime> ReaderLink::due() const {
  std::optional<SteadyTime> earliest;
  for (const auto& time : {answer_due_, retry_at_, unnoticed_until_}) {
    if (time && (!earliest || *time < *earliest)) earliest = time;
  }
  return earliest;
}

void ReaderLink::send_due_answer(SteadyTime now) {
  if (!answer_due_ || now < *answer_due_) return;
  answer_due_.reset();
  output_ = std::move(answer_);
  write_output();
}

void ReaderLink::on_time(SteadyTime now) {
  if (unnoticed_until_ && now >= *unnoticed_until_) unnoticed_until_.reset();
  if (retry_at_ && now >= *retry_at_) connect();
  send_due_answer(now);
  process_input();
}

}  // namespace jpki::vcard
