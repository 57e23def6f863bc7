// SPDX-License-Identifier: LGPL-2.1-or-later
//
// NotedPins: the PINs that were wrong for the one card there is, in memory.
#pragma once

#include "validator/card/wrong_pins.h"

#include <algorithm>
#include <string>
#include <vector>

namespace jpki::test {

class NotedPins final : public card::WrongPins {
 public:
  std::vector<std::string> noted;
  bool broken = false;

  Expected<bool, std::string> holds(Bytes, const Secret& pin) override {
    if (broken) return Unexpected{std::string("scripted")};
    return std::ranges::find(noted, as_text(pin.bytes())) != noted.end();
  }
  Expected<Unit, std::string> remember(Bytes key, const Secret& pin) override {
    const auto known = holds(key, pin);
    if (!known) return Unexpected{known.error()};
    if (!*known) noted.emplace_back(as_text(pin.bytes()));
    return Unit{};
  }
  Expected<Unit, std::string> forget(Bytes) override {
    noted.clear();
    return Unit{};
  }
  Expected<std::size_t, std::string> count(Bytes) override {
    if (broken) return Unexpected{std::string("scripted")};
    return noted.size();
  }
};

}  // namespace jpki::test
