// SPDX-License-Identifier: LGPL-2.1-or-later
//
// ScreenLine: what pam_jpki.so tells a greeter of ours beside the words for the person (option
// screen=greeter). Each PAM message and prompt then begins with one line for the program:
//
//   jpki1 state=pin tries=2 max_tries=3 min_length=4 max_length=4 digits=yes account=sato
//   MyNumber card PIN (4 digits, 2 tries left):
//
// The rest, after the line feed, is for the person as on every other screen. So a greeter never looks into a
// translation, and decides nothing: what it answers is judged by the module.
#pragma once

#include "base/protocol.h"
#include "base/verdict.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace jpki {

enum class ScreenState : std::uint8_t {
  // Messages, while the module works.
  kInsertCard,  // nothing happens until a card is on the reader
  kReading,     // the card is read; it must stay where it is
  kChecking,    // its certificate is checked
  kAsking,      // the network is asked whether it is revoked
  kVerifying,   // the card checks the PIN and signs
  kWrongForm,   // what was typed cannot be a PIN; nothing was spent. A prompt follows
  kRefused,     // the end of this attempt: `verdict`, and `tries_left` where it matters
  kNotice,      // words that ask for nothing and end nothing
  // Prompts.
  kChoose,   // for one of several cards: the last `cards` lines of the words are one each, and the answer is
             // the place of a line, from "1"
  kPin,      // for the PIN: `tries_left`, `max_tries`, `form`, `account`
  kConfirm,  // whether the last try may be spent: "yes" or anything else
  kCode,  // for an emergency code, which another line of the stack judges; the words may hold a number that
          // is read out by telephone
  kHold,  // until the person has read the refusal: any answer
};

struct ScreenLine {
  ScreenState state = ScreenState::kNotice;
  std::optional<Verdict> verdict{};
  std::optional<std::uint8_t> tries_left{};
  std::uint8_t max_tries = 0;     // 0: the card does not tell
  std::optional<PinForm> form{};  // of the PIN that is asked for
  std::uint8_t cards = 0;         // to choose from
  bool smartphone = false;        // the PIN that is or was asked for is a smartphone's
  std::string account{};          // whose login this is; empty: not known yet
  bool operator==(const ScreenLine&) const = default;
};

// With its line feed. A name of an account that cannot stand in a line (control characters) is left out.
std::string encode(const ScreenLine& line);

struct ForScreen {
  ScreenLine line;
  std::string_view words;  // of the text given
};

// Nothing when `text` begins with no such line: another module's words. Keys that are not known are skipped,
// so that an older greeter understands a newer module.
std::optional<ForScreen> split_screen_line(std::string_view text);

}  // namespace jpki
