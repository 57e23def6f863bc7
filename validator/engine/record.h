// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Record: what a decision rested on (R17), gathered while the login goes on and written as one line of
// key=value pairs.
#pragma once

#include "base/deadline.h"
#include "base/protocol.h"
#include "base/verdict.h"
#include "validator/revocation/revocation_check.h"

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
  std::string evidence;     // "platform:120s": what good rests on, and its age
  std::string certificate;  // pseudonym
  std::string cause;        // of a refusal
  std::string succession;  // "known", "registered": in place of an older one; "over": another is in its place
  std::string self_registration;  // "known": by its holder; "offered": its holder may
  bool presence = false;          // of an unlocking, without a PIN
  bool smartphone = false;        // the PIN was asked for before there was a certificate
  std::vector<revocation::SourceTrace> sources;

  // "evidence for JPKI-000: kind=… anchor=… revocation=platform:120s certificate=…
  // steps=reading-card:+3ms/61ms,… platform=asked:+70ms,answered:+95ms,good cause=…". Steps and sources begin
  // at +…ms of the attempt; a step lasted for what is behind the slash. A source with "/1" is about the
  // certificate above the person's.
  std::string line(Verdict verdict) const;

 private:
  using Ticks = Deadline::ClockType::time_point;
  std::int64_t milliseconds_to(Ticks when) const;  // since the first step
  std::string source_part(const revocation::SourceTrace& trace) const;
  struct Timed {
    Step step;
    Ticks began;
  };
  std::vector<Timed> steps_;
};

}  // namespace jpki::engine
