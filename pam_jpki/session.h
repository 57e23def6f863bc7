// SPDX-License-Identifier: LGPL-2.1-or-later
//
// The record of a session that a card login opened (base/session_record.h). What the login told is kept in
// the PAM handle, never in an item, until the host opens the session. Nothing here decides anything: a
// session without a record is a session that no card watches.
#pragma once

#include "base/boot_clock.h"
#include "base/session_record.h"
#include "pam_jpki/installation.h"
#include "pam_jpki/log.h"

#include <optional>
#include <string>

#include <security/pam_modules.h>

namespace jpki::pam {

// A login that succeeded, as its session's record will tell it.
struct CardLogin {
  UsedCard card;
  LoginNonce nonce;         // the key of card.mark
  std::string certificate;  // pseudonym
  Time when;
  BootTime up{};  // the same
};

// Forgets the one before; also when there is none now, or no memory for it.
void remember_card(pam_handle_t* handle, const std::optional<CardLogin>& login);

// Writes the record of the session that this process has just opened. The session is logind's, if logind
// runs: that of the handle's XDG_SESSION_ID, of PAM_USER, whose leader this process is. A host inside
// somebody's session (su, sudo) opens none of its own, and has no record. Where logind does not run, the
// terminal names the session, unless it has a record of a process that still lives. Records that hosts left
// behind which were killed are removed.
void begin_session_record(pam_handle_t* handle, const Installation& installation, const Log& log);

// Removes what begin_session_record() wrote for this handle.
void end_session_record(pam_handle_t* handle);

}  // namespace jpki::pam
