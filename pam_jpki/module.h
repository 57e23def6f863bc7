// SPDX-License-Identifier: LGPL-2.1-or-later
//
// What each PAM function of this module means. A function that has nothing to say about the handle answers
// PAM_IGNORE, and a stack in which every module does so ends in PAM_PERM_DENIED (libpam): alone in a stack,
// this module never lets anybody in by ignoring.
#pragma once

#include "pam_jpki/installation.h"

#include <security/pam_modules.h>

namespace jpki::pam {

// pam_sm_authenticate: logs the person in with card and PIN. Never asks for a user name: without PAM_USER the
// card says who it is, and PAM_USER is set on success. With the word presence or recent it only says whether
// another module may unlock (unlock() of login.h). Codes: verdict_to_pam.h; PAM_CONV_ERR when the host's
// conversation function fails at a question.
// A line with the word "emergency" asks for an emergency code
// instead (emergency.h), one with the word "register" whether the card is to be registered (registration.h).
int authenticate(pam_handle_t* handle, int flags, int argc, const char** argv,
                 const Installation& installation);

// pam_sm_setcred: there are no credentials to set, but the session is told by PKCS11_LOGIN_TOKEN_NAME which
// token it was begun with, in the way of pam_pkcs11(8) and pam_sss(8): GNOME compares that with the labels of
// the cards that it sees. The variable is set in PAM's environment and never read. PAM_SUCCESS after our own
// pam_sm_authenticate succeeded in this handle, by card or by code (a module alone in its stack must not turn
// that success into a refusal), else PAM_IGNORE (success here would end the replay at `sufficient` before the
// modules that did authenticate). A host that calls this function in another handle or process than
// pam_authenticate needs pam_permit at the end of the stack, as Debian's common-auth. A card that the person
// wants to be registered is registered here: the login has succeeded (registration.h).
int set_credentials(pam_handle_t* handle, int flags, int argc, const char** argv,
                    const Installation& installation);

// pam_sm_acct_mgmt: for a login of this handle by card or by code, PAM_SUCCESS while the account exists with
// a uid of at least min_uid, else PAM_USER_UNKNOWN. PAM_IGNORE for everybody else.
//
// Where ad.toml exists, jpki-account, which may ask the directory itself, says what the directory has against
// the account, however it was authenticated: PAM_ACCT_EXPIRED or PAM_PERM_DENIED. Accounts that the directory
// does not know are as above, and those below min_uid (root) are not asked for. When jpki-account cannot
// tell, a card login is refused; others are PAM_IGNORE, so that a damaged snapshot locks out no local
// administrator.
int check_account(pam_handle_t* handle, int flags, int argc, const char** argv,
                  const Installation& installation);

// pam_sm_open_session, pam_sm_close_session: a log line for a login by card or by code. PAM_SUCCESS; but
// PAM_SESSION_ERR where this handle was only let unlock a screen: that never opens a session.
int open_session(pam_handle_t* handle, int flags, int argc, const char** argv,
                 const Installation& installation);
int close_session(pam_handle_t* handle, int flags, int argc, const char** argv,
                  const Installation& installation);

// pam_sm_chauthtok: a PIN is not changed on this computer. Always PAM_IGNORE; the preliminary
// check says where a PIN is changed (alone in its stack, this module is not called for the update any more).
int change_pin(pam_handle_t* handle, int flags, int argc, const char** argv,
               const Installation& installation);

}  // namespace jpki::pam
