// SPDX-License-Identifier: LGPL-2.1-or-later
//
// The second word of a line of /etc/pam.d: what follows from each return code of its module (pam.conf(5)).
#pragma once

#include <array>
#include <optional>
#include <string_view>

#include <security/_pam_types.h>

namespace jpki::ctl::pam {

struct Action {
  enum class Kind { kIgnore, kBad, kDie, kOk, kDone, kReset, kJump };
  Kind kind = Kind::kBad;
  unsigned jump = 0;  // kJump: so many modules are passed over
};

using Control = std::array<Action, _PAM_RETURN_VALUES>;

// "required", "sufficient", …, or the text between brackets; not "include" and "substack". Nothing when
// libpam cannot read it: then whatever the module returns is bad.
std::optional<Control> parse_control(std::string_view word);
Control always(Action::Kind kind);

// Words that libpam compares without regard to case.
bool same_word(std::string_view a, std::string_view b);

}  // namespace jpki::ctl::pam
