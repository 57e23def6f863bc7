// SPDX-License-Identifier: LGPL-2.1-or-later
//
// What `jpkictl session list` tells, as a function of the records.
#pragma once

#include "base/session_record.h"
#include "jpkictl/context.h"

#include <functional>
#include <string>
#include <vector>

namespace jpki::ctl {

// Whether the session that a record tells of still is there: a host that was killed leaves its record.
using IsOpen = std::function<bool(const SessionRecord&)>;

struct SessionReport {
  std::string text;
  std::string json;
};

// Who it is only by uid, which certificate only by its pseudonym in the log.
SessionReport session_report(const std::vector<SessionRecord>& records, const IsOpen& is_open);

}  // namespace jpki::ctl
