// SPDX-License-Identifier: LGPL-2.1-or-later
//
// The line "pam_jpki.so register": somebody whose card is good, but registered for nobody, registers it for
// the account whose password another module has asked for. This line stands behind that module:
//
//   auth  [success=3 user_unknown=ignore default=die]  pam_jpki.so           refuses the card: JPKI-501
//   auth  [success=1 default=ignore]                   pam_unix.so           judges the password
//   auth  requisite                                    pam_deny.so
//   auth  optional                                     pam_jpki.so register  asks: yes? PIN
//   auth  required                                     pam_permit.so
//
// Whether the other modules let the person in, no module is told. So this line writes nothing: what it found
// is a claim in the PAM handle, and pam_sm_setcred, which hosts call when the whole login has succeeded, has
// it written. A claim is of one handle, process, service and user, ends by CLOCK_BOOTTIME, and is used once.
#pragma once

#include "pam_jpki/call.h"

#include <string>

namespace jpki::pam {

// Of a line for logins, when it refused the card because it is registered for nobody: `pseudonym` of its
// certificate.
void remember_unregistered(pam_handle_t* handle, const std::string& pseudonym);
void forget_unregistered(pam_handle_t* handle);

// pam_sm_authenticate of such a line. PAM_IGNORE when the person registers the card, so that the line never
// lets anybody in, whatever its control word; never PAM_IGNORE when not. Nothing is asked, and nothing told,
// where no card was refused, where a yes could not be one (screen.h), of somebody who is not at this
// computer, and in hosts that are set-user-ID or not root's.
int register_card(Call& call);

// pam_sm_setcred: has the claim of this handle written, if there is one, and tells the person.
void complete_registration(pam_handle_t* handle, int flags, int argc, const char** argv,
                           const Installation& installation);
void forget_registration(pam_handle_t* handle);

}  // namespace jpki::pam
