// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Session: one login between a caller without privileges and a validator of ours. The messages are those of
// base/protocol.h on both sides, but the caller gets and gives less than pam_jpki.so as root: it is judged
// for its own account alone, chooses no configuration, reads no log, and learns nothing of other accounts.
// This side holds the stop-watch, as pam_jpki.so does elsewhere.
#pragma once

#include "base/card_sessions.h"
#include "base/channel.h"
#include "validator/relay/ending.h"

#include <chrono>
#include <string>

namespace jpki::relay {

struct Bounds {
  std::chrono::milliseconds first_message{5'000};    // from the connection to the end of Start
  std::chrono::milliseconds machine_time{60'000};    // most that timeout= can be
  std::chrono::milliseconds wait_for_card{300'000};  // most that wait_for_card= can be
  std::chrono::milliseconds prompt{310'000};         // from AskPin to the end of the answer
  std::chrono::milliseconds closing{1'000};          // for a validator whose caller is gone
};

// Reads what is wanted and answers it with `verdict`.
Ending refuse(Channel& caller, Verdict verdict, std::string cause, const Bounds& bounds);

// What the system tells of the caller's sessions.
struct CallerSessions {
  CardSessions to_unlock{};
  CardSessions cards{};
  std::string seat{};                     // at which its person sits (base/place.h)
  std::optional<RemoteSession> remote{};  // then the person is not at this machine
};

// `account`: the caller's own. The validator has been started and waits for its Start.
Ending relay(Channel& caller, Channel& validator, const std::string& account, const Bounds& bounds,
             const CallerSessions& sessions = {});

// What of a caller's Start reaches the validator. Its terminal does not: it could name another seat's.
Expected<Start, Refused> permitted_start(const Start& wanted, const std::string& account,
                                         const Bounds& bounds, const CallerSessions& sessions = {});

// What of an Outcome reaches the caller.
Outcome told_outcome(const Outcome& outcome, const std::string& account);

}  // namespace jpki::relay
