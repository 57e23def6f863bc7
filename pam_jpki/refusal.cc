// SPDX-License-Identifier: LGPL-2.1-or-later
#include "pam_jpki/refusal.h"

#include <algorithm>
#include <iterator>

namespace jpki::pam {
namespace {

// Where the host calls again in the same handle, the next prompt is ours and says why.
bool is_asked_again_after(Verdict verdict) {
  constexpr Verdict kAgain[] = {Verdict::kPinIncorrect, Verdict::kPinMalformed, Verdict::kCancelled,
                                Verdict::kLastTryNotConfirmed};
  return std::ranges::find(kAgain, verdict) != std::end(kAgain);
}

}  // namespace

void tell_refusal(Call& call, Verdict verdict, std::optional<std::uint8_t> tries_left, bool smartphone) {
  call.conversation.complain({{.state = ScreenState::kRefused,
                               .verdict = verdict,
                               .tries_left = tries_left,
                               .smartphone = smartphone},
                              call.messages.verdict(verdict, tries_left, smartphone)},
                             call.messages.in_short(verdict, smartphone));
}

void hold_refusal(Call& call, Verdict verdict) {
  // Whoever gave no PIN knows it, and must not have to say so twice.
  const bool again = is_asked_again_after(verdict) && call.conversation.screen().same_handle;
  if (!again && verdict != Verdict::kCancelled) call.conversation.hold();
}

}  // namespace jpki::pam
