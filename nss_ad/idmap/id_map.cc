// SPDX-License-Identifier: LGPL-2.1-or-later
#include "nss_ad/idmap/id_map.h"

#include "nss_ad/idmap/murmur3.h"

#include <algorithm>

#include <fmt/format.h>

namespace jpki::ad::idmap {
namespace {

constexpr std::uint32_t kSssdSeed = 0xdeadbeef;
// SSSD reserves slices for this many multiples of the slice size when it meets the domain
// (ldap_idmap_helper_table_size); two of them may fall on one slice.
constexpr std::uint32_t kHelperSlices = 10;
constexpr std::size_t kDomainSubAuthorities = 4;  // S-1-5-21-A-B-C

Unexpected<NoId> no_id(NoId::Reason reason, std::string text) {
  return Unexpected{NoId{reason, std::move(text)}};
}

std::string secondary_key(const Sid& domain, std::uint32_t first_rid) {
  return fmt::format("{}-{}", domain.text(), first_rid);
}

}  // namespace

std::optional<std::uint32_t> sssd_slice(const Settings& settings, std::string_view key,
                                        const std::vector<std::uint32_t>& taken) {
  const std::uint32_t slices = (settings.sssd_high - settings.sssd_low) / settings.sssd_slice;
  const std::uint32_t first = murmur3_32(as_bytes(key), kSssdSeed) % slices;
  for (std::uint32_t step = 0; step < slices; ++step) {
    const auto slice = static_cast<std::uint32_t>((std::uint64_t{first} + step) % slices);
    if (std::ranges::find(taken, slice) == taken.end()) return slice;
  }
  return std::nullopt;
}

Expected<IdMap, std::string> IdMap::create(const Settings& settings, const Sid& domain) {
  if (domain.authority != 5 || domain.sub_authorities.size() != kDomainSubAuthorities ||
      domain.sub_authorities.front() != 21)
    return Unexpected{
        fmt::format("{} is not the SID of a domain; it must be like S-1-5-21-1-2-3", domain.text())};
  IdMap map(settings, domain);
  if (settings.scheme != Scheme::kSssd) return map;
  if (settings.sssd_slice == 0 || settings.sssd_high <= settings.sssd_low ||
      settings.sssd_high - settings.sssd_low < settings.sssd_slice)
    return Unexpected{std::string("ids.sssd_range_max leaves no room for a slice above sssd_range_min")};
  if (settings.sssd_default_domain) {
    map.taken_slices_.push_back(0);
    if (*settings.sssd_default_domain == domain) return map;
  }
  for (const Sid& earlier : settings.sssd_earlier_domains) {
    if (earlier == domain || earlier == settings.sssd_default_domain) continue;
    if (const auto slice = sssd_slice(settings, earlier.text(), map.taken_slices_))
      map.taken_slices_.push_back(*slice);
  }
  const auto own = sssd_slice(settings, domain.text(), map.taken_slices_);
  if (!own) return Unexpected{std::string("all slices of [ids] are taken by ids.sssd_earlier_domains")};
  map.taken_slices_.push_back(*own);
  return map;
}

Expected<std::uint32_t, NoId> IdMap::in_bounds(std::uint64_t id) const {
  if (id < settings_.lowest_id || id > settings_.highest_id)
    return no_id(NoId::Reason::kOutOfRange, fmt::format("the id {} is not from {} to {} (ids.lowest_id, "
                                                        "ids.highest_id)",
                                                        id, settings_.lowest_id, settings_.highest_id));
  return static_cast<std::uint32_t>(id);
}

Expected<std::uint32_t, NoId> IdMap::sssd_id(std::uint32_t rid) const {
  const std::uint32_t size = settings_.sssd_slice;
  const auto at = [this, size](std::uint32_t slice, std::uint32_t offset) {
    return in_bounds(std::uint64_t{settings_.sssd_low} + std::uint64_t{slice} * size + offset);
  };
  const std::uint32_t first_rid = rid / size * size;
  if (first_rid == 0) return at(taken_slices_.back(), rid);
  const auto slice = sssd_slice(settings_, secondary_key(domain_, first_rid), taken_slices_);
  if (!slice)
    return no_id(NoId::Reason::kSliceTaken, "all slices are taken; widen ids.sssd_range_max as in sssd.conf");
  for (std::uint32_t i = 1; i <= kHelperSlices; ++i) {
    const std::uint64_t other = std::uint64_t{i} * size;
    if (other == first_rid || other > UINT32_MAX) continue;
    const std::string key = secondary_key(domain_, static_cast<std::uint32_t>(other));
    if (sssd_slice(settings_, key, taken_slices_) == slice)
      return no_id(NoId::Reason::kSliceTaken,
                   fmt::format("RIDs from {} and from {} on fall into the same slice, which belongs to "
                               "whichever came first; give such accounts a RID below {}",
                               first_rid, other, size));
  }
  return at(*slice, rid - first_rid);
}

Expected<std::uint32_t, NoId> IdMap::id_of(const Sid& sid) const {
  if (sid.sub_authorities.size() != kDomainSubAuthorities + 1 || sid.domain() != domain_)
    return no_id(NoId::Reason::kOtherDomain, "its SID does not belong to the domain " + domain_.text());
  const std::uint32_t rid = sid.rid();
  switch (settings_.scheme) {
    case Scheme::kSssd:
      return sssd_id(rid);
    case Scheme::kRid: {
      const std::uint64_t id = std::uint64_t{rid} - settings_.rid_base + settings_.rid_low;
      if (rid < settings_.rid_base || id > settings_.rid_high)
        return no_id(NoId::Reason::kOutOfRange,
                     fmt::format("its RID {} gives no id up to ids.rid_high = {}", rid, settings_.rid_high));
      return in_bounds(id);
    }
    case Scheme::kRfc2307:
      break;
  }
  return no_id(NoId::Reason::kNoNumber, "under rfc2307 the SID alone gives no id");
}

Expected<std::uint32_t, NoId> IdMap::number(const std::optional<std::uint32_t>& number,
                                            const char* name) const {
  if (!number)
    return no_id(NoId::Reason::kNoNumber, fmt::format("it has no {}; set it in the directory", name));
  return in_bounds(*number);
}

Expected<std::uint32_t, NoId> IdMap::uid_of(const User& user) const {
  return settings_.scheme == Scheme::kRfc2307 ? number(user.uid_number, "uidNumber") : id_of(user.sid);
}

Expected<std::uint32_t, NoId> IdMap::gid_of(const Group& group) const {
  return settings_.scheme == Scheme::kRfc2307 ? number(group.gid_number, "gidNumber") : id_of(group.sid);
}

}  // namespace jpki::ad::idmap
