// SPDX-License-Identifier: LGPL-2.1-or-later
//
// IdMap: the Unix id of a user or group of one domain under one scheme. It remembers nothing: the same SID
// and settings give the same id on every terminal. Whether an id may be used is id_memory.h's subject.
#pragma once

#include "base/expected.h"
#include "nss_ad/directory/directory.h"
#include "nss_ad/idmap/settings.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace jpki::ad::idmap {

struct NoId {
  enum class Reason {
    kOtherDomain,  // a SID of another domain, or a built-in one (S-1-5-32-…): it never has an id
    kNoNumber,     // rfc2307: the object has no uidNumber or gidNumber
    kOutOfRange,   // below lowest_id, above highest_id, or outside the scheme's range
    kSliceTaken,   // sssd: which SID gets the slice depends on who came first
  };
  Reason reason;
  std::string text;  // cause and next step
};

class IdMap {
 public:
  // The error is a contradiction in the settings.
  static Expected<IdMap, std::string> create(const Settings& settings, const Sid& domain);

  Expected<std::uint32_t, NoId> uid_of(const User& user) const;
  Expected<std::uint32_t, NoId> gid_of(const Group& group) const;
  // The id of any object of the domain, by its SID alone; kNoNumber under rfc2307.
  Expected<std::uint32_t, NoId> id_of(const Sid& sid) const;

 private:
  IdMap(Settings settings, Sid domain) : settings_(std::move(settings)), domain_(std::move(domain)) {}
  Expected<std::uint32_t, NoId> in_bounds(std::uint64_t id) const;
  Expected<std::uint32_t, NoId> sssd_id(std::uint32_t rid) const;
  Expected<std::uint32_t, NoId> number(const std::optional<std::uint32_t>& number, const char* name) const;

  Settings settings_;
  Sid domain_;
  std::vector<std::uint32_t> taken_slices_;  // sssd: of the domains before, and last our own
};

// What SSSD calls a slice: ids [low + n * size, low + (n + 1) * size). `key` is a domain SID or
// "SID-FIRST_RID"; a taken one gives way to the next free one, after the last to the first. Nothing when all
// are taken.
std::optional<std::uint32_t> sssd_slice(const Settings& settings, std::string_view key,
                                        const std::vector<std::uint32_t>& taken);

}  // namespace jpki::ad::idmap
