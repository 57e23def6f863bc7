// SPDX-License-Identifier: LGPL-2.1-or-later
//
// What is asked as the user that logins run as, each in a child process that is killed when it hangs: the
// card, and the check of the installation.
#pragma once

#include "jpkictl/context.h"
#include "jpkictl/doctor/facts.h"

namespace jpki::ctl::doctor {

// pcscd, readers, and the first card that they hold. The PIN is not asked for and no try is spent. The
// certificate is judged by its path; whether it is revoked is not asked, as nothing of a card shall be sent.
CardFacts ask_card(const Context& context);

// Into `check` and `check_problem`. Without the PKCS#11 modules where ask_card() found that pcscd hangs.
void ask_check(const Context& context, Facts& facts);

}  // namespace jpki::ctl::doctor
