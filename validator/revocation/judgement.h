// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Judgement: what one source says about one certificate, whatever it is made of.
#pragma once

#include "base/time.h"
#include "base/verdict.h"
#include "validator/ocsp/ocsp_check.h"
#include "validator/revocation/revocation_check.h"

#include <optional>
#include <string>

namespace jpki::revocation {

struct Judgement {
  Verdict verdict = Verdict::kRevocationUnknown;  // kAccepted: good; kRevoked; or why it says nothing
  std::string clause = {};
  Time this_update{};                              // of a good, revoked or stale one; else 1970
  std::optional<Time> next_update = std::nullopt;  // of a good one
  bool on_hold = false;                            // revoked for now
  ocsp::Carried carried = {};                      // by an OCSP answer that is good

  bool good() const { return verdict == Verdict::kAccepted; }
  bool revoked() const { return verdict == Verdict::kRevoked; }
  // A program of ours failed. That is no source that is silent, so nothing weaker may take its place: who
  // could make it fail would choose what decides.
  bool failed() const { return verdict == Verdict::kHelperNotStarted || verdict == Verdict::kHelperFailed; }
};

}  // namespace jpki::revocation
