// SPDX-License-Identifier: LGPL-2.1-or-later
#include "nss_ad/ldap/controllers.h"

#include "base/ascii_case.h"
#include "base/number.h"

#include <algorithm>
#include <array>
#include <memory>

#include <arpa/inet.h>
#include <arpa/nameser.h>
#include <netdb.h>
#include <resolv.h>

namespace jpki::ad::ldap {
namespace {

constexpr std::uint16_t kLdapPort = 389;
constexpr std::uint16_t kLdapsPort = 636;
constexpr std::size_t kMaxMessage = 65535;
constexpr int kSecondsForAnAnswer = 2;
constexpr int kTries = 2;

std::uint16_t default_port(const Settings& settings) {
  return settings.transport == Transport::kLdaps ? kLdapsPort : kLdapPort;
}

// Whether the answer says "there is no such name": the others may still know it.
struct Answer {
  std::vector<SrvRecord> records;
  std::string problem;  // empty: none
};

Answer look_up(const std::string& name) {
  struct __res_state state {};
  if (::res_ninit(&state) != 0) return {{}, name + ": the resolver cannot be set up"};
  const std::unique_ptr<struct __res_state, decltype(&::res_nclose)> closing(&state, &::res_nclose);
  state.retrans = kSecondsForAnAnswer;
  state.retry = kTries;
  Blob message(kMaxMessage);
  const int size = ::res_nquery(&state, name.c_str(), ns_c_in, ns_t_srv, message.data(), kMaxMessage);
  if (size < 0) return {{}, name + ": " + ::hstrerror(state.res_h_errno)};
  auto records = parse_srv(Bytes(message).first(std::min(kMaxMessage, static_cast<std::size_t>(size))));
  if (!records) return {{}, name + ": the name server's answer is malformed"};
  if (records->empty()) return {{}, name + ": no SRV records"};
  return {std::move(*records), ""};
}

void append(std::vector<Controller>& list, const Controller& controller) {
  if (std::ranges::find(list, controller) == list.end()) list.push_back(controller);
}

Expected<std::vector<Controller>, Error> listed(const Settings& settings) {
  std::vector<Controller> found;
  for (const std::string& text : settings.servers) {
    const auto controller = parse_controller(text, default_port(settings));
    if (!controller)
      return Unexpected{Error{Failure::kNoController,
                              "servers: \"" + text + "\" is not a host or host:port; correct it in ad.toml"}};
    append(found, *controller);
  }
  return found;
}

Expected<std::vector<Controller>, Error> from_dns(const Settings& settings, const Random& random) {
  const std::string domain = to_lower(settings.realm);
  std::vector<std::string> names;
  if (!settings.site.empty()) names.push_back("_ldap._tcp." + settings.site + "._sites.dc._msdcs." + domain);
  names.push_back("_ldap._tcp.dc._msdcs." + domain);
  std::vector<Controller> found;
  std::string problems;
  for (const std::string& name : names) {
    Answer answer = look_up(name);
    if (!answer.problem.empty()) problems += (problems.empty() ? "" : "; ") + answer.problem;
    for (const SrvRecord& record : in_order(std::move(answer.records), random))
      append(found, {record.target, settings.transport == Transport::kLdaps ? kLdapsPort : record.port});
  }
  if (found.empty())
    return Unexpected{Error{Failure::kNoController, problems +
                                                        "; check the name server in /etc/resolv.conf, or "
                                                        "list the controllers as servers in ad.toml"}};
  return found;
}

}  // namespace

std::optional<std::vector<SrvRecord>> parse_srv(Bytes message) {
  ns_msg parsed{};
  if (message.size() > kMaxMessage ||
      ::ns_initparse(message.data(), static_cast<int>(message.size()), &parsed) != 0)
    return std::nullopt;
  std::vector<SrvRecord> records;
  for (int i = 0; i < ns_msg_count(parsed, ns_s_an); ++i) {
    ns_rr record{};
    if (::ns_parserr(&parsed, ns_s_an, i, &record) != 0) return std::nullopt;
    if (ns_rr_type(record) != ns_t_srv) continue;
    const unsigned char* data = ns_rr_rdata(record);
    if (ns_rr_rdlen(record) < 3 * NS_INT16SZ + 1) return std::nullopt;
    std::array<char, NS_MAXDNAME> target{};
    if (::ns_name_uncompress(ns_msg_base(parsed), ns_msg_end(parsed), data + 3 * NS_INT16SZ, target.data(),
                             target.size()) < 0)
      return std::nullopt;
    if (target[0] == '\0' || std::string_view(target.data()) == ".") continue;
    records.push_back({static_cast<std::uint16_t>(ns_get16(data)),
                       static_cast<std::uint16_t>(ns_get16(data + NS_INT16SZ)),
                       static_cast<std::uint16_t>(ns_get16(data + 2 * NS_INT16SZ)), to_lower(target.data())});
  }
  return records;
}

std::vector<SrvRecord> in_order(std::vector<SrvRecord> records, const Random& random) {
  // Weight 0 first, so that it has a small chance among others (RFC 2782, "Weight").
  std::ranges::stable_sort(records, [](const SrvRecord& a, const SrvRecord& b) {
    return a.priority != b.priority ? a.priority < b.priority : (a.weight == 0 && b.weight != 0);
  });
  std::vector<SrvRecord> ordered;
  while (!records.empty()) {
    const std::uint16_t priority = records.front().priority;
    const auto end =
        std::ranges::find_if(records, [priority](const auto& r) { return r.priority != priority; });
    std::uint32_t sum = 0;
    for (auto it = records.begin(); it != end; ++it) sum += it->weight;
    const std::uint32_t chosen = random(sum + 1);
    auto it = records.begin();
    for (std::uint32_t running = it->weight; running < chosen && it + 1 != end; running += it->weight) ++it;
    ordered.push_back(std::move(*it));
    records.erase(it);
  }
  return ordered;
}

std::optional<Controller> parse_controller(const std::string& text, std::uint16_t default_port) {
  std::string host = text;
  std::string port;
  const bool bracket = text.starts_with('[');
  const auto colon = bracket ? text.find("]:") : text.rfind(':');
  if (colon != std::string::npos) {
    host = text.substr(0, bracket ? colon + 1 : colon);
    port = text.substr(colon + (bracket ? 2 : 1));
    if (port.empty()) return std::nullopt;
  }
  const auto allowed = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '-';
  };
  if (bracket) {
    in6_addr ignored{};
    if (host.size() < 2 || !host.ends_with(']') ||
        ::inet_pton(AF_INET6, host.substr(1, host.size() - 2).c_str(), &ignored) != 1)
      return std::nullopt;
  } else if (host.empty() || !std::ranges::all_of(host, allowed)) {
    return std::nullopt;
  }
  if (port.empty()) return Controller{to_lower(host), default_port};
  const auto number = whole_number<std::uint16_t>(std::string_view(port));
  if (!number || *number == 0) return std::nullopt;
  return Controller{to_lower(host), *number};
}

Expected<std::vector<Controller>, Error> controllers_of(const Settings& settings,
                                                        const std::string& preferred, const Random& random) {
  auto found = settings.servers.empty() ? from_dns(settings, random) : listed(settings);
  if (!found) return found;
  const auto same = [&](const Controller& controller) { return controller.text() == preferred; };
  std::stable_partition(found->begin(), found->end(), same);
  return found;
}

}  // namespace jpki::ad::ldap
