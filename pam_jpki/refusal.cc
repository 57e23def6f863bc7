// SPDX-License-Identifier: LGPL-2.1-or-later
#include "pam_jpki/refusal.h"

#include <algorithm>
#include <iterator>

namespace jpki::pam {
namespace {

// The host calls again, and the next prompt is ours.
bool is_asked_again_after(Verdict verdict) {
  constexpr Verdict kAgain[] = {Verdict::kPinIncorrect, Verdict::kPinMalformed, Verdict::kCancelled,
                                Verdict::kLastTryNotConfirmed};
  return std::ranges::find(kAgain, verdict) != std::end(kAgain);
}

}  // namespace

void tell_refusal(Call& call, Verdict verdict, std::optional<std::uint8_t> tries_left) {
  call.conversation.complain(call.messages.verdict(verdict, tries_left), call.messages.in_short(verdict));
  if (!is_asked_again_after(verdict)) call.conversation.hold(call.messages.press_enter());
}

}  // namespace jpki::pam
