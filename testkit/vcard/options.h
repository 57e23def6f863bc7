// SPDX-License-Identifier: LGPL-2.1-or-later
//
// The command line of jpki-vcard.
#pragma once

#include "base/expected.h"
#include "testkit/vcard/jpki_applet.h"
#include "testkit/vcard/virtual_card.h"

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

namespace jpki::vcard {

// Play the card.
struct ServeOptions {
  std::vector<std::string> card_directories;  // the N-th is in the reader at port + N
  std::string host = "127.0.0.1";
  std::uint16_t port = 35963;
  std::string state_file;  // ".N" is appended for the N-th card, N > 0
  std::string control_socket;
  AppletRules rules;
  Latency latency;
  KeyType key_type = KeyType::kRsa2048;
  bool absent = false;              // begin outside the readers
  std::vector<std::string> faults;  // each "SPEC" or "@N SPEC"
};

// Send one command to a card that is played.
struct ControlOptions {
  std::string control_socket;
  std::string command;
};

// Nothing to do: the text (help or version) was asked for.
struct ShowText {
  std::string text;
};

using Invocation = std::variant<ServeOptions, ControlOptions, ShowText>;

// What the arguments ask for, or one line that says what is wrong with them.
Expected<Invocation, std::string> parse_options(int argc, const char* const* argv);

}  // namespace jpki::vcard
