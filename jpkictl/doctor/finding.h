// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Finding: what the doctor says of one link of the chain that a login walks. It holds nothing of a person: no
// account, no name, no serial number, nothing of a certificate but its verdict.
#pragma once

#include "jpkictl/doctor/words.h"

#include <string>
#include <string_view>

namespace jpki::ctl::doctor {

enum class State { kGood, kBad, kCouldNotTell };
std::string_view name_of(State state) noexcept;  // "good", "bad", "could-not-tell"

// What makes it good: a line for root's shell, which works as it stands, or, where no command can do it,
// words.
struct Remedy {
  std::string command = {};
  Sentence advice = {};
};

struct Finding {
  State state = State::kGood;
  Sentence seen = {};
  std::string detail = {};  // as the log tells it, in English; may be empty
  Remedy remedy = {};
  // Set by walk():
  std::string_view link = {};
  std::string_view because = {};  // the earlier link that is the cause: this one was not judged
};

Finding good(Sentence seen);
Finding bad(Sentence seen, Remedy remedy, std::string detail = {});
Finding could_not_tell(Sentence seen, Remedy remedy = {}, std::string detail = {});

}  // namespace jpki::ctl::doctor
