// SPDX-License-Identifier: LGPL-2.1-or-later
//
// PIN entry: from a validator's AskPin to the one PIN that may be sent to the card, or to the reason why none
// is. One call leads to at most one VERIFY. A PIN of the wrong form never leaves this function, and the last
// try is spent only after an explicit yes.
#pragma once

#include "base/expected.h"
#include "base/protocol.h"
#include "pam_jpki/conversation.h"
#include "pam_jpki/messages.h"

#include <optional>
#include <string_view>

namespace jpki::pam {

enum class FirstPass {
  kNever,  // prompt
  kTry,    // the earlier module's PAM_AUTHTOK when it may be a PIN and no try was lost yet; else prompt
  kOnly,   // PAM_AUTHTOK or nothing
};

struct EnteredPin {
  PinReply reply;
  bool from_first_pass;
};

struct NoPin {
  Verdict verdict;
  bool conversation_failed = false;
};

// A smartphone's PIN is never one that was typed for something else: with kOnly nobody can be asked
// (kNobodyToAsk).
// `first_pass` is PAM_AUTHTOK, or null. Full-width digits (an input method left on) are taken for ASCII ones.
Expected<EnteredPin, NoPin> enter_pin(const AskPin& ask, FirstPass policy, const char* first_pass,
                                      Conversation& conversation, const Messages& messages);

// The PIN in `typed` when it has the right form, nothing otherwise.
std::optional<Secret> pin_of(std::string_view typed, const PinForm& form);

}  // namespace jpki::pam
