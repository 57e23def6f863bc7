// SPDX-License-Identifier: LGPL-2.1-or-later
#include "pam_jpki/restart_pace.h"

#include "pam_jpki/account.h"
#include "pam_jpki/interrupt.h"

namespace jpki::pam {

void keep_pace(const Call& call) {
  if (!call.conversation.screen().restarts) return;
  const auto begun = last_attempt(call.handle);
  if (!begun) return;
  constexpr int kNoDescriptor = -1;
  (void)Interrupt().wait(kNoDescriptor, Deadline::at(*begun + call.installation.restart_pace));
}

}  // namespace jpki::pam
