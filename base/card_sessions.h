// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Which open sessions of a user were opened by card: records (session_record.h), as far as systemd-logind
// knows their sessions today, and since when their screens are locked. Gathered by who starts a validator,
// pam_jpki.so as root or jpki-relay; the validator judges. The user itself is asked nothing.
#pragma once

#include "base/place_facts.h"
#include "base/protocol.h"

#include <string>
#include <vector>

namespace jpki {

struct CardSessionSources {
  const char* records;     // kSessionRecords
  const char* lock_notes;  // kLockNotes
  PlaceSources place;      // `process`: who asks
};

struct CardSessions {
  std::vector<CardSession> sessions{};
  bool known = true;  // false: what was recorded cannot be read, is too much, or a session is doubtful
};

// The sessions that a program of this user may be about to unlock: that in which it runs; where the system
// does not tell (a locker of the user's service manager, a greeter), every session of the user. One without a
// record, or whose record does not fit, is there with nothing filled in: it was not opened by card.
CardSessions sessions_to_unlock(const CardSessionSources& sources, uid_t user);

// By which cards a program is bound: that of the session in which it runs, whoever it asks for, if a card
// opened that; where the system does not tell, those of all sessions of the user whose service manager runs
// it, else of `user`. None: no card opened them.
CardSessions session_cards(const CardSessionSources& sources, uid_t user);

// Of a login that was asked to count only the session's card. Where that cannot be known, none counts.
void bind_to(Start& start, CardSessions cards);

}  // namespace jpki
