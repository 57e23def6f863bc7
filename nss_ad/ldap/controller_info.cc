// SPDX-License-Identifier: LGPL-2.1-or-later
#include "nss_ad/ldap/controller_info.h"

#include "base/ascii_case.h"
#include "base/number.h"

#include <algorithm>
#include <cstdlib>

namespace jpki::ad::ldap {
namespace {

constexpr std::chrono::minutes kMaxSkew{5};

std::string text_value(const Entry& entry, std::string_view attribute) {
  const auto value = single_value(entry, attribute);
  return value && *value ? **value : std::string();
}

Unexpected<Error> not_a_controller(const Connection& connection, const std::string& what) {
  return Unexpected{
      Error{Failure::kAnswer, connection.name() + ": " + what + "; is this an Active Directory controller?"}};
}

Expected<Entry, Error> required(const Connection& connection, const std::string& dn,
                                std::vector<std::string> attributes) {
  auto entry = read_entry(connection, dn, std::move(attributes));
  if (!entry) return Unexpected{entry.error()};
  if (!*entry) return not_a_controller(connection, "no entry " + (dn.empty() ? "for itself" : dn));
  return std::move(**entry);
}

Expected<std::string, Error> netbios_of(const Connection& connection, const std::string& configuration_nc,
                                        const std::string& domain_nc) {
  std::string name;
  const Query query{"CN=Partitions," + configuration_nc,
                    Scope::kSubtree,
                    "(&(objectClass=crossRef)(nETBIOSName=*)(nCName=" + escaped(as_bytes(domain_nc)) + "))",
                    {"nETBIOSName"}};
  const auto found =
      search(connection, query, [&](const Entry& entry) { name = text_value(entry, "netbiosname"); });
  if (!found) return Unexpected{found.error()};
  if (name.empty()) return not_a_controller(connection, "the domain's NetBIOS name cannot be read");
  return name;
}

Expected<Unit, Error> check_clock(const Connection& connection, Time theirs, Time ours) {
  const auto apart = theirs > ours ? theirs - ours : ours - theirs;
  if (apart <= kMaxSkew) return Unit{};
  return Unexpected{
      Error{Failure::kClock,
            connection.name() + ": its clock and this machine's are " +
                std::to_string(std::chrono::duration_cast<std::chrono::minutes>(apart).count()) +
                " minutes apart, at most 5 are allowed; correct this machine's clock: timedatectl status"}};
}

}  // namespace

std::string domain_nc_of(const std::string& realm) {
  std::string nc;
  for (std::size_t begin = 0; begin <= realm.size();) {
    const auto end = std::min(realm.find('.', begin), realm.size());
    nc += (nc.empty() ? "DC=" : ",DC=") + realm.substr(begin, end - begin);
    begin = end + 1;
  }
  return nc;
}

std::optional<Time> parse_generalized_time(std::string_view text) {
  constexpr std::size_t kDigits = 14;
  if (text.size() <= kDigits || !text.ends_with('Z') || (text[kDigits] != '.' && text[kDigits] != 'Z'))
    return std::nullopt;
  const auto number = [text](std::size_t at, std::size_t size) {
    return whole_number<unsigned>(text.substr(at, size));
  };
  const auto year = number(0, 4), month = number(4, 2), day = number(6, 2);
  const auto hour = number(8, 2), minute = number(10, 2), second = number(12, 2);
  if (!year || !month || !day || !hour || !minute || !second) return std::nullopt;
  const std::chrono::year_month_day date{std::chrono::year(static_cast<int>(*year)),
                                         std::chrono::month(*month), std::chrono::day(*day)};
  if (!date.ok() || *hour > 23 || *minute > 59 || *second > 60) return std::nullopt;
  return std::chrono::sys_days(date) + std::chrono::hours(*hour) + std::chrono::minutes(*minute) +
         std::chrono::seconds(*second);
}

Expected<ControllerInfo, Error> read_controller_info(const Connection& connection, const Settings& settings,
                                                     Time now) {
  const auto root = required(connection, "",
                             {"defaultNamingContext", "configurationNamingContext", "dsServiceName",
                              "highestCommittedUSN", "currentTime"});
  if (!root) return Unexpected{root.error()};
  ControllerInfo info;
  info.domain_nc = text_value(*root, "defaultnamingcontext");
  if (info.domain_nc.empty()) return not_a_controller(connection, "names no domain");
  if (!equal_ignoring_case(info.domain_nc, domain_nc_of(settings.realm)))
    return Unexpected{Error{Failure::kRefused, connection.name() + ": serves " + info.domain_nc +
                                                   " and not the realm " + settings.realm +
                                                   "; correct realm or servers in ad.toml"}};
  const auto clock = parse_generalized_time(text_value(*root, "currenttime"));
  if (!clock) return not_a_controller(connection, "does not tell the time");
  info.clock = *clock;
  if (auto good = check_clock(connection, *clock, now); !good) return Unexpected{good.error()};
  const std::string usn = text_value(*root, "highestcommittedusn");
  const auto highest = whole_number<decltype(info.highest_usn)>(std::string_view(usn));
  if (!highest) return not_a_controller(connection, "has no highestCommittedUSN");
  info.highest_usn = *highest;

  const auto domain = required(connection, info.domain_nc, {"objectSid"});
  if (!domain) return Unexpected{domain.error()};
  const auto bytes = single_value(*domain, "objectsid");
  if (!bytes || !*bytes) return not_a_controller(connection, "the domain has no objectSid");
  const auto sid = Sid::decode(as_bytes(**bytes));
  if (!sid) return not_a_controller(connection, "the domain's objectSid is " + sid.error());
  info.domain_sid = *sid;

  auto netbios = netbios_of(connection, text_value(*root, "configurationnamingcontext"), info.domain_nc);
  if (!netbios) return Unexpected{netbios.error()};
  info.netbios = std::move(*netbios);
  const auto service = read_entry(connection, text_value(*root, "dsservicename"), {"invocationId"});
  if (!service) return Unexpected{service.error()};
  if (*service)
    if (auto id = single_value(**service, "invocationid"); id && *id)
      info.invocation_id = to_blob(as_bytes(**id));
  return info;
}

}  // namespace jpki::ad::ldap
