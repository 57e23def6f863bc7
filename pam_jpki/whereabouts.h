// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Whether the person of this handle sits at this machine (base/place.h), as the options of the line want it
// decided.
#pragma once

#include "pam_jpki/call.h"

#include <optional>
#include <string>

namespace jpki::pam {

// Why the person is not one who sits at this machine; the option allow_remote is not looked at.
std::optional<std::string> elsewhere(const Call& call);

// Why the person may use no card: neither here, nor at a seat that the validator may know. Finds call.person.
std::optional<std::string> not_at_a_seat(Call& call);

}  // namespace jpki::pam
