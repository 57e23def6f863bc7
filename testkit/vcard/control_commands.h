// SPDX-License-Identifier: LGPL-2.1-or-later
//
// ControlCommands: the language of the control socket. One line in, one line out, "error: ..." when it
// failed:
//
//   [@N] insert | remove                   put the N-th card (from 0) into its reader, take it out
//   [@N] reset-counters                    all tries back, as at the municipal counter
//   [@N] stats | stats-reset               one line of JSON; counts from zero again
//   [@N] fault SPEC | faults-clear         fault.h
//   [@N] trace on | off                    APDUs to stderr, PINs masked
//   [@N] wait CONDITION [SECONDS]          answers when it holds, or "error: timed out" (10 seconds by
//   default)
//       present    pcscd has powered the card and read its ATR since it was inserted
//       absent     the card is out and pcscd has noticed
//       connected  the reader accepts connections
//       idle       no command is waiting for its answer
//       apdus>=N verifies>=N resets>=N     the counts of stats
#pragma once

#include "testkit/vcard/reader_link.h"
#include "testkit/vcard/virtual_card.h"

#include <chrono>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <variant>

namespace jpki::vcard {

// A reader and the card that belongs to it.
struct CardInReader {
  VirtualCard card;
  ReaderLink link;

  CardInReader(CardContents contents, AppletRules rules, Latency latency, VirtualCard::Hooks hooks,
               const ReaderAddress& address)
      : card(std::move(contents), std::move(rules), latency, std::move(hooks)), link(card, address) {}
};

struct PendingWait {
  std::function<bool()> holds;
  std::chrono::milliseconds at_most;
};

// A finished reply (no newline), or the condition it waits for; then the reply is "ok".
using CommandResult = std::variant<std::string, PendingWait>;

class ControlCommands {
 public:
  // The cards must outlive this and every PendingWait.
  explicit ControlCommands(std::span<const std::unique_ptr<CardInReader>> cards) : cards_(cards) {}

  CommandResult execute(std::string_view line) const;

 private:
  std::span<const std::unique_ptr<CardInReader>> cards_;
};

// One line of JSON: the statistics, tries left, verified state and presence of a card.
std::string stats_json(const CardInReader& reader);

}  // namespace jpki::vcard
