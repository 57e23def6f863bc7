// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Transport: what readers and T=0 make of a command and its answer: extended lengths that are not passed on,
// 61xx and 6Cxx. Pure but for the card, which is a function.
#pragma once

#include "base/bytes.h"
#include "testkit/ifdhandler/settings.h"

#include <functional>
#include <optional>

namespace jpki::ifdhandler {

// What a card answers; nothing when it is gone.
using AskCard = std::function<std::optional<Blob>(Bytes command)>;

class Transport {
 public:
  // Nothing: the card is gone, or the reader does not pass the command on.
  std::optional<Blob> transmit(Bytes command, const Settings& settings, const AskCard& ask_card);

  // The card has lost its power.
  void forget() { left_.clear(); }

 private:
  Blob next_piece(std::size_t most);

  Blob left_;  // of an answer that comes in pieces: data and status word
};

}  // namespace jpki::ifdhandler
