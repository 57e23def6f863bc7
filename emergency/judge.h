// SPDX-License-Identifier: LGPL-2.1-or-later
//
// judge(): what jpki-emergency answers, and the whole policy of emergency codes.
//
//   once        a code is removed, and that brought to disk, before it is accepted; all under one lock
//   for hours   until Issue.end, in the boot in which it was issued
//   slowed      from the third wrong code of an account on a pause: 30 s, 2 min, 8 min, 32 min, then an hour;
//               it is forgotten six hours after the last. In the pause nothing is judged and nothing counted
//   bounded     a code that has borne ten wrong tries is void
//   written     a try is written down before it is judged, and a use before it is accepted: what cannot be
//   first       written (a full disk) is refused, and the code stays good
//   silent      whether an account has a code is told to nobody who types: prompt, verdict, pause and time
//               are the same without one. The cause, for the log, tells
#pragma once

#include "base/emergency_protocol.h"
#include "emergency/key.h"
#include "emergency/moment.h"
#include "emergency/store.h"

#include <chrono>
#include <optional>
#include <string>

namespace jpki::emergency {

inline constexpr unsigned kMaxWrong = 10;                  // that a code bears
inline constexpr std::chrono::minutes kChallengeLife{30};  // a telephone call, and some
inline constexpr std::chrono::hours kMaxLife{72};          // of a code
inline constexpr std::chrono::hours kForgottenAfter{6};
inline constexpr std::chrono::milliseconds kLockPatience{5000};

struct Site {
  const Store& store;
  Moment now;
  std::string host;                  // node_name()
  std::optional<Key> host_key = {};  // nothing: nobody far away is asked
  std::string key_problem = {};      // why a key that is there cannot be used; for the log
};

EmergencyAnswer judge(const EmergencyQuestion& question, const Site& site);

// How long nothing is judged after so many wrong codes in a row.
std::chrono::seconds pause_after(unsigned wrong);

// Whether the code can be used now, if it was typed right.
bool is_live(const Issue& issue, const Moment& now);

}  // namespace jpki::emergency
