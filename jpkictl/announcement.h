// SPDX-License-Identifier: LGPL-2.1-or-later
//
// What an administrator changed, for the log of the machine (facility authpriv), by whom.
#pragma once

#include <string>

namespace jpki::ctl {

// "uid:1000": who logged in. The kernel keeps it across su and sudo; the environment would be anybody's word.
// "unknown" where it keeps none.
std::string who_logged_in();

enum class Weight { kNotice, kWarning };
// One line; what is not printable is shown so.
void announce(Weight weight, const std::string& line);
// A notice: "WHAT in="WHERE" by=uid:1000".
void announce_change(const std::string& what, const std::string& where);

}  // namespace jpki::ctl
