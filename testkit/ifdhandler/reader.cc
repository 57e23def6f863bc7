// SPDX-License-Identifier: LGPL-2.1-or-later
#include "testkit/ifdhandler/reader.h"

#include "testkit/ifdhandler/pinpad.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <iterator>

#include <fcntl.h>
#include <poll.h>
#include <reader.h>
#include <sys/eventfd.h>

namespace jpki::ifdhandler {
namespace {

std::string read_file(const std::string& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

int milliseconds_until(std::chrono::steady_clock::time_point then) {
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(then - std::chrono::steady_clock::now());
  return static_cast<int>(std::max<std::int64_t>(left.count(), 0));
}

void complain(const std::string& text) {
  (void)std::fprintf(stderr, "jpki test reader: %s\n", text.c_str());
}

}  // namespace

bool Reader::open(const std::string& path) {
  path_ = path;
  noticed_.reset(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  refresh();
  if (settings_.port == 0) return false;
  const int error = link_.listen(settings_.port);
  if (error != 0) complain("port " + std::to_string(settings_.port) + ": " + std::strerror(error));
  return error == 0;
}

void Reader::refresh() {
  std::string text = read_file(path_);
  if (text == text_) return;
  auto settings = parse_settings(text);
  if (!settings) return complain(path_ + ": " + settings.error());
  text_ = std::move(text);
  settings_ = std::move(*settings);
  commands_ = 0;
}

bool Reader::in_the_field() {
  const std::lock_guard lock(mutex_);
  return std::chrono::steady_clock::now() >= out_until_;
}

bool Reader::unplugged() {
  refresh();
  return settings_.unplugged;
}

bool Reader::card_present() {
  refresh();
  const std::lock_guard lock(mutex_);
  return link_.present() && std::chrono::steady_clock::now() >= out_until_;
}

std::optional<Blob> Reader::power_on() {
  if (!in_the_field()) return std::nullopt;
  auto atr = link_.power_on();
  powered_ = atr.has_value();
  return atr;
}

std::optional<Blob> Reader::reset() {
  if (!powered_) return power_on();
  if (!in_the_field()) return std::nullopt;
  transport_.forget();
  return link_.reset();
}

void Reader::power_off() {
  powered_ = false;
  transport_.forget();
  link_.power_off();
}

std::optional<Blob> Reader::transmit(Bytes command) {
  refresh();
  ++commands_;
  if (settings_.flutter_at != 0 && commands_ == settings_.flutter_at) {
    power_off();
    const std::lock_guard lock(mutex_);
    out_until_ = std::chrono::steady_clock::now() + settings_.flutter;
    notice();
  }
  if (!powered_ || !in_the_field() || settings_.unplugged) return std::nullopt;
  auto answer = transport_.transmit(command, settings_, [this](Bytes sent) { return link_.transmit(sent); });
  if (!answer) notice();
  return answer;
}

bool Reader::knows(std::uint32_t code) const noexcept {
  return code == CM_IOCTL_GET_FEATURE_REQUEST || (code == kTlvProperties && settings_.longest_apdu) ||
         (code == kVerifyPinDirect && settings_.pinpad);
}

std::optional<Blob> Reader::control(std::uint32_t code, Bytes input) {
  refresh();
  if (!knows(code)) return std::nullopt;
  if (code == CM_IOCTL_GET_FEATURE_REQUEST) return features(settings_);
  return code == kTlvProperties ? tlv_properties(settings_) : verify_on_keys(input);
}

std::optional<Blob> Reader::verify_on_keys(Bytes structure) {
  const auto question = parse_pin_verify(structure);
  if (!question) return Blob{0x6B, 0x80};
  if (!powered_ || !in_the_field()) return std::nullopt;
  const PinTyped typed_now = typed_on(*question, typed(question->patience));
  if (!card_present()) return std::nullopt;
  if (typed_now.command.empty()) return typed_now.answer;
  return link_.transmit(typed_now.command);
}

// Opened for writing as well, so that the FIFO never ends; a card that is taken away ends the wait.
std::string Reader::typed(std::chrono::seconds patience) {
  if (settings_.keys_from.empty()) return settings_.keys;
  const UniqueFd fifo(::open(settings_.keys_from.c_str(), O_RDWR | O_CLOEXEC | O_NONBLOCK));
  std::array<pollfd, 2> waited{pollfd{fifo.get(), POLLIN, 0}, link_.to_watch()};
  const auto end = std::chrono::steady_clock::now() + patience;
  while (::poll(waited.data(), waited.size(), milliseconds_until(end)) < 0 && errno == EINTR) continue;
  std::array<char, 64> text{};
  if ((waited[0].revents & POLLIN) == 0) return "timeout";
  const ssize_t size = ::read(fifo.get(), text.data(), text.size());
  const std::string_view line(text.data(), size > 0 ? static_cast<std::size_t>(size) : 0);
  return std::string(line.substr(0, line.find('\n')));
}

void Reader::notice() noexcept {
  ::eventfd_write(noticed_.get(), 1);
}

void Reader::stop_waiting() noexcept {
  notice();
}

void Reader::wait_for_card(std::chrono::milliseconds at_most) {
  std::array<pollfd, 2> waited{pollfd{noticed_.get(), POLLIN, 0}, pollfd{-1, 0, 0}};
  auto until = std::chrono::steady_clock::now() + at_most;
  UniqueFd watched;  // of its own: the other thread may close the link's
  {
    const std::lock_guard lock(mutex_);
    if (out_until_ > std::chrono::steady_clock::now()) {
      until = std::min(until, out_until_);
    } else {
      waited[1] = link_.to_watch();
      watched.reset(::fcntl(waited[1].fd, F_DUPFD_CLOEXEC, 0));
      waited[1].fd = watched.get();
    }
  }
  while (::poll(waited.data(), waited.size(), milliseconds_until(until)) < 0 && errno == EINTR) continue;
  eventfd_t count = 0;
  ::eventfd_read(noticed_.get(), &count);
}

}  // namespace jpki::ifdhandler
