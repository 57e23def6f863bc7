// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Candidates: the users, or the groups, that ask for a name and an id here, and who of them gets it.
#pragma once

#include "base/expected.h"
#include "nss_ad/directory/problem.h"
#include "nss_ad/idmap/id_map.h"
#include "nss_ad/resolve/local_accounts.h"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace jpki::ad {

struct Candidate {
  Sid sid;
  std::string name;
  Expected<std::uint32_t, idmap::NoId> id;
  bool accepted = false;
};

// Against whom. What is local counts for both kinds: a name or an id means too much to too many programs.
struct Competition {
  const char* kind;  // "user", "group"
  const LocalAccounts& local;
  const std::map<Sid, std::uint32_t>& known_ids;
};

// Sets `accepted`, tells of those that it leaves out, and returns the ids to be remembered. Objects that are
// no accounts by nature (built-in groups; under rfc2307, those without a number) are told in one line or not
// at all.
std::map<Sid, std::uint32_t> judge(std::vector<Candidate>& candidates, const Competition& competition,
                                   ObjectReport& report);

// The name, or the SID where the name is not fit for a log.
std::string label_of(const Candidate& candidate);

}  // namespace jpki::ad
