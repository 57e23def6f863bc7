// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Record: what a decision rested on (R17), gathered while the login goes on and written as one line of
// key=value pairs.
#pragma once

#include "base/deadline.h"
#include "base/protocol.h"
#include "base/verdict.h"

#include <chrono>
#include <string>
#include <vector>

namespace jpki::engine {

class Record {
 public:
  // Ends the step before and begins this one.
  void begin(Step step);

  std::string kind;
  std::string anchor;       // its name in anchors.d
  std::string evidence;     // "crl:3600s": source and age
  std::string certificate;  // pseudonym
  std::string cause;        // of a refusal

  // "JPKI-401 revoked account=- kind=jpki-authentication anchor=jpki-auth-g3 … steps=reading-card:61ms,…
  // cause=…"
  std::string line(Verdict verdict) const;

 private:
  using Ticks = Deadline::ClockType::time_point;
  struct Timed {
    Step step;
    Ticks began;
  };
  std::vector<Timed> steps_;
};

}  // namespace jpki::engine
