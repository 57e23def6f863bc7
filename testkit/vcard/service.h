// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Plays the cards: loads them, puts them into their readers and serves the control socket until SIGTERM or
// SIGINT.
#pragma once

#include "base/expected.h"
#include "testkit/vcard/options.h"

#include <string>

namespace jpki::vcard {

// Prints "ready" on stdout when the control socket listens. The error, one line, says why it could not begin;
// after a signal everything that was opened is closed, and the socket is gone.
Expected<Unit, std::string> serve(const ServeOptions& options);

}  // namespace jpki::vcard
