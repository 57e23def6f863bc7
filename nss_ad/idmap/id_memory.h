// SPDX-License-Identifier: LGPL-2.1-or-later
//
// IdMemory: which SID had which id. An id is never changed silently: files keep their owner's number, so an
// account that comes with another one is left out until an administrator decides.
//
// A refresh reads the memory, resolves, and writes the new one: SIDs that are gone are forgotten, and a SID
// whose id would have changed keeps the old one, or else the next refresh would take the change for the rule.
#pragma once

#include "base/expected.h"
#include "nss_ad/directory/sid.h"

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

namespace jpki::ad::idmap {

struct IdMemory {
  std::map<Sid, std::uint32_t> users;
  std::map<Sid, std::uint32_t> groups;

  bool operator==(const IdMemory&) const = default;
};

// One line for each: "user S-1-5-21-… 770801107"; sorted. The error of parse() tells the line.
std::string to_text(const IdMemory& memory);
Expected<IdMemory, std::string> parse_id_memory(std::string_view text);

// Where nss-ad-refresh keeps it; an administrator accepts a new id by removing the line.
inline constexpr char kIdMemoryFile[] = JPKI_STATEDIR "/ad/ids";

}  // namespace jpki::ad::idmap
