// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Whether somebody has logged in by card since a configuration was applied: told by the records of sessions
// (base/session_record.h), which only root writes and which last as long as the session. No clock is asked
// that people set.
#pragma once

#include "base/session_record.h"
#include "jpkictl/setup/journal.h"

#include <optional>
#include <vector>

namespace jpki::ctl::setup {

// The first session that card and PIN opened since then, in the same boot; nothing: there is none.
std::optional<SessionRecord> login_since(const Journal& journal, const std::vector<SessionRecord>& records);

}  // namespace jpki::ctl::setup
