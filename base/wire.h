// SPDX-License-Identifier: LGPL-2.1-or-later
//
// WireWriter and WireReader: the fields of messages between our processes. Integers are big-endian; strings
// and byte strings carry a u16 length. Every length is checked.
#pragma once

#include "base/bytes.h"

#include <algorithm>
#include <array>
#include <concepts>
#include <cstdint>
#include <cstring>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace jpki {

// Writes into the caller's buffer; what does not fit sets overflow().
class WireWriter {
 public:
  explicit WireWriter(std::span<std::uint8_t> out) : out_(out) {}

  void raw(Bytes bytes) {
    if (bytes.size() > out_.size() - used_) {
      overflow_ = true;
      return;
    }
    if (!bytes.empty()) std::memcpy(out_.data() + used_, bytes.data(), bytes.size());
    used_ += bytes.size();
  }
  template <std::unsigned_integral T>
  void number(T value) {
    std::array<std::uint8_t, sizeof(T)> big_endian;
    for (std::size_t i = 0; i < sizeof(T); ++i)
      big_endian[i] = static_cast<std::uint8_t>(value >> (8 * (sizeof(T) - 1 - i)));
    raw(big_endian);
  }
  void flag(bool value) { number(static_cast<std::uint8_t>(value)); }
  void string(Bytes bytes) {
    if (bytes.size() > UINT16_MAX) {
      overflow_ = true;
      return;
    }
    number(static_cast<std::uint16_t>(bytes.size()));
    raw(bytes);
  }
  void string(std::string_view text) { string(as_bytes(text)); }
  void optional(std::optional<std::uint8_t> value) {
    flag(value.has_value());
    number(value.value_or(0));
  }

  bool overflow() const { return overflow_; }
  std::size_t used() const { return used_; }

 private:
  std::span<std::uint8_t> out_;
  std::size_t used_ = 0;
  bool overflow_ = false;
};

// Reads fields; the first impossible one makes every later one empty and complete() false.
class WireReader {
 public:
  explicit WireReader(Bytes in) : in_(in) {}

  Bytes raw(std::size_t size) {
    if (!good_ || size > in_.size()) {
      good_ = false;
      return {};
    }
    const Bytes taken = in_.first(size);
    in_ = in_.subspan(size);
    return taken;
  }
  template <std::unsigned_integral T>
  T number() {
    T value = 0;
    for (const std::uint8_t byte : raw(sizeof(T))) value = static_cast<T>((value << 8) | byte);
    return value;
  }
  bool flag() {
    const auto value = number<std::uint8_t>();
    if (value > 1) good_ = false;
    return value == 1;
  }
  Bytes bytes() { return raw(number<std::uint16_t>()); }
  // Text that goes into PAM items, headers and logs: no NUL inside.
  std::string string() {
    const Bytes text = bytes();
    if (std::ranges::find(text, 0) != text.end()) good_ = false;
    return std::string(as_text(text));
  }
  template <std::size_t kSize>
  std::array<std::uint8_t, kSize> array() {
    std::array<std::uint8_t, kSize> out{};
    const Bytes taken = raw(out.size());
    std::ranges::copy(taken, out.begin());
    return out;
  }
  std::optional<std::uint8_t> optional() {
    const bool present = flag();
    const auto value = number<std::uint8_t>();
    return present ? std::optional(value) : std::nullopt;
  }
  template <class E>
  E enumerator(E first, E last) {
    const auto value = number<std::uint8_t>();
    if (value < static_cast<std::uint8_t>(first) || value > static_cast<std::uint8_t>(last)) good_ = false;
    return good_ ? static_cast<E>(value) : first;
  }

  bool good() const { return good_; }
  bool complete() const { return good_ && in_.empty(); }
  void fail() { good_ = false; }

 private:
  Bytes in_;
  bool good_ = true;
};

}  // namespace jpki
