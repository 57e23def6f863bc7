// SPDX-License-Identifier: LGPL-2.1-or-later
//
// CardPin: one PIN of the virtual card with its retry counter and the state "verified".
// The PINs of a test card are no secrets: they stand on the command line and in the manual, hence
// std::string.
#pragma once

#include "base/bytes.h"

#include <cstdint>
#include <string>

namespace jpki::vcard {

struct PinRule {
  std::string value;
  std::uint8_t max_tries;  // 1 to 15: 63Cx has four bits for it
  std::size_t min_length;
  std::size_t max_length;
};

class CardPin {
 public:
  explicit CardPin(PinRule rule) : rule_(std::move(rule)), tries_left_(rule_.max_tries) {}

  const PinRule& rule() const noexcept { return rule_; }
  bool verified() const noexcept { return verified_; }
  bool blocked() const noexcept { return tries_left() == 0; }
  std::uint8_t tries_left() const noexcept { return forced_block_ ? std::uint8_t{0} : tries_left_; }

  // What is to be kept across power loss: the counter without the forced block.
  std::uint8_t stored_tries() const noexcept { return tries_left_; }
  void restore(std::uint8_t tries) noexcept { tries_left_ = tries; }

  bool fits(Bytes pin) const noexcept {
    return pin.size() >= rule_.min_length && pin.size() <= rule_.max_length;
  }

  // One comparison with a PIN that is not blocked: costs a try, or gives all of them back.
  bool verify(Bytes pin) noexcept {
    verified_ = as_text(pin) == rule_.value;
    if (verified_) {
      tries_left_ = rule_.max_tries;
    } else {
      --tries_left_;
    }
    return verified_;
  }

  void forget() noexcept { verified_ = false; }

  // Behaves as blocked while set; the stored counter is untouched.
  void force_block(bool on) noexcept { forced_block_ = on; }

 private:
  PinRule rule_;
  std::uint8_t tries_left_;
  bool verified_ = false;
  bool forced_block_ = false;
};

}  // namespace jpki::vcard
