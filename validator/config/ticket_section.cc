// SPDX-License-Identifier: LGPL-2.1-or-later
#include "validator/config/sections.h"

#include <algorithm>

#include <fmt/format.h>

namespace jpki::config {
namespace {

constexpr int kMostSeconds = 10;
constexpr std::size_t kMostNames = 16;
constexpr std::size_t kLongestName = 255;

// Goes into a krb5.conf as it is: nothing in it may begin another line, section or value there.
bool is_name(std::string_view text, std::string_view besides) {
  const auto may_stand = [&](char c) {
    const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    return letter || besides.find(c) != std::string_view::npos;
  };
  return !text.empty() && text.size() <= kLongestName && text.front() != '-' && text.front() != '.' &&
         std::ranges::all_of(text, may_stand);
}

void get_hosts(TomlTable& table, std::string_view key, std::string_view besides,
               std::vector<std::string>& out) {
  table.get(key, out);
  if (out.size() > kMostNames) table.refuse(key, fmt::format("holds more than {} names", kMostNames));
  for (const std::string& name : out)
    if (!is_name(name, besides))
      table.refuse(key, fmt::format("holds \"{}\", which is not the name of a host", name));
}

}  // namespace

void apply_ticket(TomlTable table, Config& config) {
  TicketPolicy& ticket = config.ticket;
  table.get("services", ticket.services);
  table.get("realm", ticket.realm);
  if (!ticket.realm.empty() && !is_name(ticket.realm, "-."))
    table.refuse("realm", "must be the name of a realm, like \"AD.CITY.EXAMPLE\"");
  get_hosts(table, "kdcs", "-.:[]", ticket.kdcs);
  get_path(table, "kdc_anchors", ticket.kdc_anchors);
  get_hosts(table, "kdc_hostnames", "-.", ticket.kdc_hostnames);
  get_duration<std::chrono::seconds>(table, "timeout_seconds", ticket.timeout, 1, kMostSeconds);
  table.get("required", ticket.required);
  table.refuse_unknown();
}

Expected<Unit, std::string> check_ticket(const TicketPolicy& ticket) {
  if (ticket.services.empty()) return Unit{};
  if (ticket.realm.empty())
    return Unexpected{std::string("[ticket] has services, but no realm; add: realm = \"AD.CITY.EXAMPLE\"")};
  return Unit{};
}

}  // namespace jpki::config
