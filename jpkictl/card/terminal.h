// SPDX-License-Identifier: LGPL-2.1-or-later
//
// The administrator's terminal, and the holder's for one PIN.
#pragma once

#include "base/secret.h"
#include "validator/registration/messages.h"

#include <optional>
#include <string>

namespace jpki::ctl::card {

void tell_terminal(const std::string& text);

// A line without echo, full-width digits as digits; nothing when there is no terminal, or no line came. What
// a signal ends is ended with the terminal as it was.
std::optional<Secret> ask_secret(const std::string& prompt);

// The holder's PIN: its form is checked before anything is sent, the last try needs a yes. Nothing: no PIN.
registration::PinAnswer ask_for_pin(const registration::PinQuestion& question);

}  // namespace jpki::ctl::card
