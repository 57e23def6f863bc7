// SPDX-License-Identifier: LGPL-2.1-or-later
#include "jpkictl/setup/proof.h"

#include <algorithm>

namespace jpki::ctl::setup {

std::optional<SessionRecord> login_since(const Journal& journal, const std::vector<SessionRecord>& records) {
  const auto login = std::ranges::find_if(records, [&](const SessionRecord& record) {
    return record.factors == "card+pin" && !record.boot.empty() && record.boot == journal.armed.boot &&
           record.up_ms > journal.armed.up_ms;
  });
  if (login == records.end()) return std::nullopt;
  return *login;
}

}  // namespace jpki::ctl::setup
