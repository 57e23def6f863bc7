// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Card entry: from a validator's AskCard to the place of one card, or to the reason why there is none. A PIN
// may be typed here by mistake: it is not shown, chooses nothing and goes nowhere.
#pragma once

#include "base/expected.h"
#include "base/protocol.h"
#include "pam_jpki/conversation.h"
#include "pam_jpki/messages.h"

#include <cstdint>
#include <optional>
#include <string_view>

namespace jpki::pam {

struct NoCard {
  Verdict verdict;
  bool conversation_failed = false;
};

// Asks where the screen can show a choice, a few times until the answer is one. kSeveralCards where it
// cannot, where two cards would look alike, and when no answer was one; kCancelled when there was none.
Expected<std::uint8_t, NoCard> enter_card(const AskCard& ask, Conversation& conversation,
                                          const Messages& messages);

// The place, from 0, that `typed` names from 1: one digit alone, ASCII or full-width. No PIN is one digit.
std::optional<std::uint8_t> card_of(std::string_view typed, std::size_t count);

}  // namespace jpki::pam
