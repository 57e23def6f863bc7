// SPDX-License-Identifier: LGPL-2.1-or-later
//
// idmap::Settings: which scheme gives Unix ids to SIDs, with the numbers that the site's file servers use:
// the [ids] table of ad.toml. The defaults are those of SSSD and of winbind's documentation.
#pragma once

#include "nss_ad/directory/sid.h"

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace jpki::ad::idmap {

enum class Scheme : std::uint8_t {
  kSssd,     // SSSD's algorithm: a slice for each domain, chosen by a hash of its SID
  kRid,      // winbind's idmap_rid: RID - base_rid + low
  kRfc2307,  // uidNumber and gidNumber of the directory
};

// "sssd", "rid", "rfc2307"
std::string_view name_of(Scheme scheme) noexcept;
std::optional<Scheme> scheme_from(std::string_view name) noexcept;

struct Settings {
  Scheme scheme = Scheme::kSssd;

  // sssd: ldap_idmap_range_min, _max (not inclusive) and _size
  std::uint32_t sssd_low = 200000;
  std::uint32_t sssd_high = 2000200000;
  std::uint32_t sssd_slice = 200000;
  // SIDs of domains that took their slices before this one, in that order; the one that SSSD's
  // ldap_idmap_default_domain_sid names gets slice 0.
  std::vector<Sid> sssd_earlier_domains;
  std::optional<Sid> sssd_default_domain;

  // rid: `range = low-high` (inclusive) and base_rid of "idmap config DOMAIN"
  std::uint32_t rid_low = 10000;
  std::uint32_t rid_high = 999999;
  std::uint32_t rid_base = 0;

  // No account gets an id below or above these, whatever the scheme says.
  std::uint32_t lowest_id = 1000;
  std::uint32_t highest_id = 4294967293;  // 2^32 - 3: nobody's idea of "no id"

  bool operator==(const Settings&) const = default;
};

}  // namespace jpki::ad::idmap
