// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Desk: the cards on the readers, looked at by a jpki-validator that is started for it: it is no root when it
// reads the first byte of a card, and confined as for a login.
#pragma once

#include "base/expected.h"
#include "jpkictl/trouble.h"
#include "validator/registration/messages.h"

#include <chrono>
#include <string>
#include <vector>

namespace jpki::ctl::card {

class Desk {
 public:
  struct Options {
    std::string reader;            // empty: every reader
    std::chrono::seconds wait{0};  // for a card
  };
  Desk(const Context& context, Options options) : context_(context), options_(std::move(options)) {}

  // Every login certificate; at least one.
  Expected<std::vector<registration::CardReading>, Trouble> read() const;
  // The one card that is meant.
  Expected<registration::CardReading, Trouble> read_one() const;
  // A certificate without its card, which a login would judge so; one that is none of a login's is refused.
  Expected<registration::CardReading, Trouble> check(const Blob& certificate) const;
  // Its holder types the PIN at the terminal, and its card signs a challenge of ours.
  Expected<Unit, Trouble> prove(const registration::CardReading& card, const std::string& account) const;

 private:
  struct Answer {
    std::vector<registration::CardReading> cards;
    registration::Finished end;
  };
  Expected<Answer, Trouble> perform(registration::Task task) const;

  const Context& context_;
  Options options_;
};

// What a login would say to the holder, with its code.
std::string text_with_code(Verdict verdict, std::optional<unsigned> tries_left = {});

}  // namespace jpki::ctl::card
