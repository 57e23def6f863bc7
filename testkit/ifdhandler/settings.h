// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Settings: what kind of reader is played. A file of lines "WORD VALUE"; "#" begins a comment:
//
//   port N              where the card connects to (vpcd's protocol, 127.0.0.1); read once
//   notices WHEN        poll: pcscd asks for the card every 0.4 s; at-once: the reader tells of it by itself
//   longest-apdu N      dwMaxAPDUDataSize that is told (PC/SC part 10, 2.6.14); nothing is told without it
//   short-apdus yes     commands with extended lengths are not passed on
//   more-data N         as with T=0, answers to commands with data have to be fetched after 61xx, in pieces
//   of N
//                       bytes, 256 at most; so have longer answers to all others (ISO/IEC 7816-4, 5.3.4)
//   exact-le yes        an answer shorter than Le is 6Cxx, and is to be asked for again
//   flutter-at N        the N-th command from when this was written finds no card
//   flutter-ms N        and there is none for so long; 30 without it
//   unplugged yes       the reader is not there any more
//   pinpad yes          FEATURE_VERIFY_PIN_DIRECT
//   keys WHAT           what the person does there: the digits that are typed, or cancel, timeout or short
//   keys-from FIFO      the same word, from there, when it comes
#pragma once

#include "base/expected.h"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace jpki::ifdhandler {

struct Settings {
  std::uint16_t port = 0;
  bool notices_at_once = false;
  std::optional<std::uint32_t> longest_apdu{};
  bool short_apdus = false;
  std::size_t more_data = 0;  // 0: never
  bool exact_le = false;
  std::uint64_t flutter_at = 0;  // 0: never
  std::chrono::milliseconds flutter{30};
  bool unplugged = false;
  bool pinpad = false;
  std::string keys{"timeout"};
  std::string keys_from{};
  bool operator==(const Settings&) const = default;
};

// The line that is wrong.
Expected<Settings, std::string> parse_settings(std::string_view text);

}  // namespace jpki::ifdhandler
