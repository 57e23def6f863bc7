// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Dialogue: the other end of a login, as the engine sees it: the PAM module that talks to the person, keeps
// the log and holds the stop-watch.
#pragma once

#include "base/expected.h"
#include "base/protocol.h"

#include <chrono>
#include <string>

namespace jpki::engine {

class Dialogue {
 public:
  virtual ~Dialogue() = default;

  virtual void step(Step step) = 0;
  virtual void log(LogLevel level, const std::string& text) = 0;

  // Asks once; waits as long as the person thinks. When there is no PIN to be had, why (kCancelled when the
  // other side does not say).
  virtual Expected<PinReply, Verdict> ask_pin(const AskPin& question) = 0;

  // The question that is asked next ends, with kCardRemoved, as soon as this descriptor is readable; -1:
  // none.
  virtual void end_question_by(int) {}

  // The same for a card: the place of one of those in the question.
  virtual Expected<std::uint8_t, Verdict> ask_card(const AskCard& question) = 0;

  // Hands over the octets of a ticket, for a login that is accepted.
  virtual void ticket(Bytes octets) = 0;

  // Waits; false when the other side is gone and nobody is left to log in.
  virtual bool pause(std::chrono::milliseconds span) = 0;
};

}  // namespace jpki::engine
