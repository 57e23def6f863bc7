// SPDX-License-Identifier: LGPL-2.1-or-later
//
// The PAM code of every verdict. Could not tell: PAM_AUTHINFO_UNAVAIL. The person failed: PAM_AUTH_ERR, or
// PAM_MAXTRIES when the PIN is locked. The certificate is no good: PAM_CRED_INSUFFICIENT. No account here:
// PAM_USER_UNKNOWN. Somebody else's card (JPKI-503) is a failed attempt on an account that exists, so it is
// PAM_AUTH_ERR, which ignore_unknown_user does not excuse.
#pragma once

#include "base/verdict.h"
#include "pam_jpki/options.h"

namespace jpki::pam {

int to_pam(Verdict verdict) noexcept;

// The code of `verdict`, or PAM_IGNORE where the administrator asked for it. ignore_unknown_user is about the
// user, not about the card: with PAM_USER named it excuses an account that does not exist here or is below
// min_uid, never an unregistered card, which would otherwise pass any `required` line for any user.
int apply_ignore(Verdict verdict, bool user_named, const Options& options) noexcept;

// Whether the person is told of a verdict that is ignored: whoever put a card on the reader, or would in
// vain, learns why a password is asked for. Not when nobody showed a card, or the named user has no use for
// one.
bool worth_telling(Verdict verdict, bool user_named) noexcept;

}  // namespace jpki::pam
