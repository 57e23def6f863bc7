// SPDX-License-Identifier: LGPL-2.1-or-later
//
// One question to jpki-emergency.
#pragma once

#include "base/emergency_protocol.h"
#include "pam_jpki/installation.h"

namespace jpki::pam {

// kEmergencyUnusable when there is no answer in time. The program must be started as root: what it keeps is
// root's alone.
EmergencyAnswer ask_emergency(const Installation& installation, const EmergencyQuestion& question);

// Whether jpki-emergency has something to tell to this user: asked before a process is started.
bool may_have_used_code(const Installation& installation, uid_t uid);

}  // namespace jpki::pam
