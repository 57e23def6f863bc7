// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Who called: what the kernel says of the process at the other end of a socket, and what follows from it. The
// caller itself is not asked.
#pragma once

#include "base/expected.h"
#include "base/place.h"

#include <optional>
#include <string>

#include <sys/types.h>

namespace jpki::relay {

struct Caller {
  uid_t uid;
  pid_t pid;  // that connected; it may be gone by now, and its number another's
};

// The error is errno: no socket, or no local one.
Expected<Caller, int> caller_of(int socket);

// The account of this user; nothing when there is none, so that the user is that of no person.
std::optional<std::string> account_of(uid_t uid);

// Where the person is who called, by the session of the process and by all sessions of its user: a person is
// here when both say so. `sessions`: logind's, which belong to `owner`. A process that took over the number
// of the caller gains nothing: the user's own sessions are counted in any case, and a program of that user
// can be started outside every session anyway.
PlaceDecision place_of(const Caller& caller, const char* sessions, uid_t owner = 0);

// The seat at which the user of the caller sits and the open session from elsewhere that it has, by its
// sessions alone: of the process only the number is known, which may be another's by now.
Whereabouts whereabouts_of_user(const Caller& caller, const char* sessions, uid_t owner = 0);

// The same as place_of() over facts of the process.
PlaceDecision decide_place_of_caller(PlaceFacts process, uid_t uid);

}  // namespace jpki::relay
