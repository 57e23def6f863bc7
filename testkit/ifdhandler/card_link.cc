// SPDX-License-Identifier: LGPL-2.1-or-later
#include "testkit/ifdhandler/card_link.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

namespace jpki::ifdhandler {
namespace {

constexpr std::ptrdiff_t kLength = 2;  // of a message, before it
constexpr std::uint8_t kPowerOff = 0;
constexpr std::uint8_t kPowerOn = 1;
constexpr std::uint8_t kReset = 2;
constexpr std::uint8_t kGetAtr = 4;

}  // namespace

int CardLink::listen(std::uint16_t port) {
  listener_.reset(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  const int yes = 1;
  ::setsockopt(listener_.get(), SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const bool listens =
      ::bind(listener_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0 &&
      ::listen(listener_.get(), 4) == 0;
  return listens ? 0 : errno;
}

bool CardLink::present() {
  std::uint8_t byte = 0;
  if (card_.valid() && ::recv(card_.get(), &byte, 1, MSG_PEEK | MSG_DONTWAIT) == 0) lose();
  if (card_.valid()) return true;
  if (std::exchange(lost_, false)) return false;
  card_.reset(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
  if (!card_.valid()) return false;
  const int yes = 1;
  ::setsockopt(card_.get(), IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
  return true;
}

void CardLink::lose() noexcept {
  card_.reset();
  lost_ = true;
}

bool CardLink::send(Bytes message) {
  Blob frame(kLength + message.size());
  frame[0] = static_cast<std::uint8_t>(message.size() >> 8);
  frame[1] = static_cast<std::uint8_t>(message.size());
  std::ranges::copy(message, frame.begin() + kLength);
  return card_.valid() &&
         ::send(card_.get(), frame.data(), frame.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(frame.size());
}

bool CardLink::receive(std::uint8_t* into, std::size_t size) {
  while (size > 0) {
    const ssize_t got = ::recv(card_.get(), into, size, MSG_WAITALL);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return false;
    into += got;
    size -= static_cast<std::size_t>(got);
  }
  return true;
}

std::optional<Blob> CardLink::answer() {
  std::array<std::uint8_t, kLength> size{};
  Blob message;
  bool whole = receive(size.data(), size.size());
  if (whole) {
    message.resize(static_cast<std::size_t>(size[0]) << 8 | size[1]);
    whole = receive(message.data(), message.size());
  }
  if (whole) return message;
  lose();
  return std::nullopt;
}

std::optional<Blob> CardLink::atr() {
  return send(std::to_array({kGetAtr})) ? answer() : std::nullopt;
}

void CardLink::power_off() {
  send(std::to_array({kPowerOff}));
}

std::optional<Blob> CardLink::power_on() {
  return send(std::to_array({kPowerOn})) ? atr() : std::nullopt;
}

std::optional<Blob> CardLink::reset() {
  return send(std::to_array({kReset})) ? atr() : std::nullopt;
}

std::optional<Blob> CardLink::transmit(Bytes command) {
  return send(command) ? answer() : std::nullopt;
}

}  // namespace jpki::ifdhandler
