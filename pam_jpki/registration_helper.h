// SPDX-License-Identifier: LGPL-2.1-or-later
//
// One question to jpki-self-registration.
#pragma once

#include "base/self_registration_protocol.h"
#include "pam_jpki/installation.h"

#include <string>

namespace jpki::pam {

// kRegistrationUnusable when there is no answer in time; then nobody knows whether it was written. The
// program must be started as root: it becomes the user whose file it writes. `config_file`: empty: the
// compiled-in one.
SelfRegistrationAnswer ask_self_registration(const Installation& installation, const std::string& config_file,
                                             const SelfRegistrationQuestion& question);

}  // namespace jpki::pam
