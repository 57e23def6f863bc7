// SPDX-License-Identifier: LGPL-2.1-or-later
#include "nss_ad/ldap/changes.h"

#include "base/ascii_case.h"
#include "nss_ad/ldap/filter_attributes.h"

#include <algorithm>

namespace jpki::ad::ldap {
namespace {

constexpr char kDirSyncOid[] = "1.2.840.113556.1.4.841";
constexpr ber_int_t kObjectSecurity = 0x1;  // what this account may read, as in any search
constexpr int kMaxRounds = 10000;

constexpr char kContainers[] = "(|(objectClass=organizationalUnit)(objectClass=container))";
constexpr char kAccountsAndGroups[] = "(|(objectClass=user)(objectClass=group))";
constexpr char kNothing[] = "(objectGUID=\\00\\00\\00\\00\\00\\00\\00\\00\\00\\00\\00\\00\\00\\00\\00\\00)";

using Ber = std::unique_ptr<BerElement, decltype([](BerElement* b) { ber_free(b, 1); })>;

// SEQUENCE { Flags INTEGER, MaxBytes INTEGER, Cookie OCTET STRING }
std::optional<Blob> encode_control(Bytes cookie) {
  const Ber ber(ber_alloc_t(LBER_USE_DER));
  berval given{cookie.size(), const_cast<char*>(reinterpret_cast<const char*>(cookie.data()))};
  berval empty{0, const_cast<char*>("")};
  if (!ber || ber_printf(ber.get(), "{iiO}", kObjectSecurity, 0, cookie.empty() ? &empty : &given) < 0)
    return std::nullopt;
  berval value{};
  if (ber_flatten2(ber.get(), &value, 0) < 0) return std::nullopt;
  const auto* begin = reinterpret_cast<const std::uint8_t*>(value.bv_val);
  return Blob(begin, begin + value.bv_len);
}

struct Round {
  bool more = false;
  Blob cookie;
};

// SEQUENCE { MoreResults INTEGER, Unused INTEGER, CookieServer OCTET STRING }
std::optional<Round> decode_control(Bytes value) {
  berval given{value.size(), const_cast<char*>(reinterpret_cast<const char*>(value.data()))};
  const Ber ber(ber_init(&given));
  ber_int_t more = 0;
  ber_int_t unused = 0;
  berval cookie{};
  if (!ber || ber_scanf(ber.get(), "{iim}", &more, &unused, &cookie) == LBER_ERROR) return std::nullopt;
  const auto* begin = reinterpret_cast<const std::uint8_t*>(cookie.bv_val);
  return Round{more != 0, Blob(begin, begin + cookie.bv_len)};
}

Unexpected<Error> bad_dirsync(const Connection& connection) {
  return Unexpected{Error{Failure::kAnswer, connection.name() +
                                                ": a malformed DirSync answer; set incremental = "
                                                "\"usn\" in ad.toml"}};
}

// All rounds from `cookie` on; the new cookie, or nothing when the controller refuses.
Expected<std::optional<Blob>, Error> dirsync(const Connection& connection, const std::string& domain_nc,
                                             const std::string& filter, std::vector<std::string> attributes,
                                             Blob cookie, const Sink& sink) {
  const Query query{domain_nc, Scope::kSubtree, filter, std::move(attributes), 0};
  for (int round = 0; round < kMaxRounds; ++round) {
    auto value = encode_control(cookie);
    if (!value) return bad_dirsync(connection);
    LDAPControl control{
        const_cast<char*>(kDirSyncOid), {value->size(), reinterpret_cast<char*>(value->data())}, 1};
    const auto response = search_once(connection, query, control, sink);
    if (!response) return Unexpected{response.error()};
    if (response->code != LDAP_SUCCESS) return std::optional<Blob>();
    auto next = response->control ? decode_control(*response->control) : std::nullopt;
    if (!next || next->cookie.empty()) return bad_dirsync(connection);
    cookie = std::move(next->cookie);
    if (!next->more) return std::optional(std::move(cookie));
  }
  return bad_dirsync(connection);
}

Sink collect(std::set<Guid>& guids) {
  return [&guids](const Entry& entry) {
    if (const auto guid = guid_of(entry)) guids.insert(*guid);
  };
}

// What is read, and what decides whether it is; nothing when a filter does not tell.
std::optional<std::vector<std::string>> watched_attributes(const Settings& settings) {
  std::vector<std::string> names = wanted_attributes();
  names.insert(names.end(), {"name", "isDeleted"});
  for (const std::string& filter : {settings.user_filter, settings.group_filter}) {
    const auto filtered = attributes_of_filter(filter);
    if (!filtered) return std::nullopt;
    for (const std::string& name : *filtered)
      if (std::ranges::none_of(names, [&](const auto& one) { return equal_ignoring_case(one, name); }))
        names.push_back(name);
  }
  return names;
}

// Containers first: what changes in between is seen with the accounts, or at the next run.
Expected<Changes, Error> by_dirsync(const Connection& connection, const ControllerInfo& info,
                                    const SyncPoint& point, std::vector<std::string> watched) {
  Changes changes;
  std::set<Guid> containers;
  auto cookie = dirsync(connection, info.domain_nc, kContainers, {"name"}, point.cookie, collect(containers));
  if (!cookie) return Unexpected{cookie.error()};
  changes.containers = !containers.empty();
  const auto accounts = dirsync(connection, info.domain_nc, kAccountsAndGroups, std::move(watched),
                                point.cookie, collect(changes.objects));
  if (!accounts) return Unexpected{accounts.error()};
  if (*cookie && *accounts)
    changes.next = SyncPoint{point.controller, point.invocation_id, info.highest_usn, std::move(**cookie)};
  return changes;
}

Expected<Changes, Error> by_usn(const Connection& connection, const ControllerInfo& info,
                                const Settings& settings, const SyncPoint& point) {
  Changes changes;
  std::set<Guid> containers;
  const std::string newer = "(uSNChanged>=" + std::to_string(point.usn + 1) + ")";
  const auto ask = [&](const char* filter, std::set<Guid>& guids) {
    const Query query{
        info.domain_nc, Scope::kSubtree, "(&" + newer + filter + ")", {"objectGUID"}, settings.page_size};
    return search(connection, query, collect(guids));
  };
  if (auto asked = ask(kContainers, containers); !asked) return Unexpected{asked.error()};
  if (auto asked = ask(kAccountsAndGroups, changes.objects); !asked) return Unexpected{asked.error()};
  changes.containers = !containers.empty();
  changes.next = SyncPoint{point.controller, point.invocation_id, info.highest_usn, {}};
  return changes;
}

}  // namespace

Expected<SyncPoint, Error> current_point(const Connection& connection, const ControllerInfo& info,
                                         const Settings& settings) {
  SyncPoint point{connection.name(), info.invocation_id, info.highest_usn, {}};
  const bool wanted =
      settings.incremental == Incremental::kAutomatic || settings.incremental == Incremental::kDirSync;
  if (!wanted) return point;
  auto cookie = dirsync(connection, info.domain_nc, kNothing, {"objectGUID"}, {}, [](const Entry&) {});
  if (!cookie) return Unexpected{cookie.error()};
  if (*cookie) point.cookie = std::move(**cookie);
  if (point.cookie.empty() && settings.incremental == Incremental::kDirSync)
    return Unexpected{Error{Failure::kRefused, connection.name() +
                                                   ": does not let this account use DirSync; set "
                                                   "incremental = \"automatic\" in ad.toml"}};
  return point;
}

Expected<Changes, Error> changes_since(const Connection& connection, const ControllerInfo& info,
                                       const Settings& settings, const SyncPoint& point) {
  const bool same_database = !info.invocation_id.empty() && info.invocation_id == point.invocation_id;
  if (!same_database || info.highest_usn < point.usn) return Changes{};
  auto watched = watched_attributes(settings);
  if (!point.cookie.empty() && watched) return by_dirsync(connection, info, point, std::move(*watched));
  if (settings.incremental == Incremental::kDirSync) return Changes{};
  return by_usn(connection, info, settings, point);
}

}  // namespace jpki::ad::ldap
