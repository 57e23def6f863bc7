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

// `code`, or PAM_IGNORE where the administrator asked for it.
int apply_ignore(int code, const Options& options) noexcept;

}  // namespace jpki::pam
