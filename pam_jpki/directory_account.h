// SPDX-License-Identifier: LGPL-2.1-or-later
//
// What jpki-account says of an account, where the machine has an ad.toml.
#pragma once

#include "base/account_protocol.h"
#include "pam_jpki/installation.h"
#include "pam_jpki/log.h"

#include <chrono>
#include <string>

namespace jpki::pam {

// Whether accounts of this machine come from a directory: ad.toml exists, or accounts were read (ad.toml is
// away for a moment while an editor replaces it), or nobody can tell.
bool has_directory(const Installation& installation);

// kHelperNotStarted, kHelperFailed and kTimeout when there is no answer. A host without the rights of root
// asks the service manager's jpki-account, which tells causes to the journal alone.
AccountAnswer ask_directory(const Installation& installation, const Log& log, const AccountQuestion& question,
                            std::chrono::milliseconds patience);

}  // namespace jpki::pam
