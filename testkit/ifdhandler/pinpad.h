// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Pinpad: what a reader with keys tells of itself and does with a PIN that is typed there: PC/SC part 10
// v2.02.09, 2.3 (features), 2.5.2 (PIN_VERIFY) and 2.6.14 (properties).
#pragma once

#include "base/bytes.h"
#include "testkit/ifdhandler/settings.h"

#include <chrono>
#include <optional>
#include <string_view>

namespace jpki::ifdhandler {

inline constexpr std::uint32_t kVerifyPinDirect = 0x42000DB2;  // control codes of our own
inline constexpr std::uint32_t kTlvProperties = 0x42000DB3;

Blob features(const Settings& settings);
Blob tlv_properties(const Settings& settings);

// A question for a PIN, taken apart.
struct PinQuestion {
  Blob command;           // VERIFY with room for the PIN
  std::size_t place = 0;  // of the PIN in the command
  std::size_t least = 0;  // digits
  std::size_t most = 0;
  std::chrono::seconds patience{0};
};

// Only a PIN of digits of one length, as ASCII, in a block of that length; nothing for all else.
std::optional<PinQuestion> parse_pin_verify(Bytes structure);

// The command to send to the card; or, by `typed` ("cancel", "timeout", "short", or what was typed), what the
// reader itself answers.
struct PinTyped {
  Blob command{};
  Blob answer{};
};
PinTyped typed_on(const PinQuestion& question, std::string_view typed);

}  // namespace jpki::ifdhandler
