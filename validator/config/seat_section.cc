// SPDX-License-Identifier: LGPL-2.1-or-later
#include "validator/card/seat_server.h"
#include "validator/config/sections.h"

#include <algorithm>

#include <fmt/format.h>

namespace jpki::config {
namespace {

using card::SeatRule;

// Neither text that is longer than what it is compared with, nor one that is never that.
void get_texts(TomlTable& table, std::string_view key, std::vector<std::string>& out) {
  table.get(key, out);
  for (const std::string& text : out)
    if (text.empty() || text.size() > card::kLongestReader)
      table.refuse(key, fmt::format("holds \"{}\"; a text has 1 to {} bytes", text, card::kLongestReader));
}

void get_terminals(TomlTable& table, std::vector<std::string>& out) {
  get_texts(table, "terminals", out);
  if (std::ranges::any_of(out, [](const std::string& text) { return text.starts_with('/'); }))
    table.refuse("terminals", "must hold names without /dev/, like \"tty3\" or \":1\"");
}

void get_origins(TomlTable& table, std::vector<std::string>& out) {
  table.get("origins", out);
  for (std::string& text : out) {
    std::string address = card::canonical_address(text);
    if (address.empty())
      table.refuse("origins",
                   fmt::format("holds \"{}\", which is not an IP address; names are not looked up", text));
    text = std::move(address);
  }
}

// One reader for two seats would let the one's card answer for the other.
bool same_reader(const SeatRule& a, const SeatRule& b) {
  for (const std::string& one : a.readers)
    for (const std::string& other : b.readers)
      if (card::names_reader(one, other) || card::names_reader(other, one)) return true;
  return false;
}

// Of sessions from elsewhere.
void check_session_seat(TomlTable& table, const SeatRule& rule) {
  if (!card::is_socket_pattern(rule.pcsc_socket))
    table.refuse("pcsc_socket",
                 "must be an absolute path with {uid} or {display} in it, without . and .., of at most 107 "
                 "bytes");
  if (rule.opened_by.empty() && rule.origins.empty())
    table.refuse("pcsc_socket", "needs whose sessions it is for: opened_by or origins");
  if (!rule.seats.empty() || !rule.terminals.empty() || !rule.readers.empty())
    table.refuse("pcsc_socket",
                 "cannot stand beside seats, terminals or readers: such a session is not at this machine");
  if (!rule.server.empty()) table.refuse("pcsc_socket", "and p11_kit_server are two ways to one reader");
}

void check_seat(TomlTable& table, const SeatRule& rule, const Config& config) {
  if (!rule.pcsc_socket.empty()) {
    check_session_seat(table, rule);
  } else if (!rule.opened_by.empty()) {
    table.refuse("opened_by", "is for readers that come with a session: it needs pcsc_socket");
  } else if (rule.origins.empty()) {
    if (rule.seats.empty() && rule.terminals.empty())
      table.refuse("name", "needs whose logins it is for: seats, terminals or origins");
    if (rule.readers.empty()) table.refuse("readers", "must name the readers of the seat");
    if (!rule.server.empty()) table.refuse("p11_kit_server", "is for thin clients: it needs origins");
  } else {
    if (!rule.seats.empty() || !rule.terminals.empty())
      table.refuse("origins",
                   "cannot stand beside seats or terminals: who comes from there is not at this machine");
    if (rule.server.empty())
      table.refuse("p11_kit_server", "must tell where the reader of the thin client is reached");
    if (!rule.readers.empty()) table.refuse("readers", "are of this machine, and origins are not");
  }
  for (const SeatRule& other : config.seats)
    if (same_reader(rule, other))
      table.refuse("readers",
                   fmt::format("are those of [[seat]] \"{}\" as well; one rule may have several seats "
                               "and terminals",
                               other.name));
}

}  // namespace

void apply_seat(TomlTable table, Config& config) {
  SeatRule rule;
  std::vector<std::string> taken;
  for (const SeatRule& other : config.seats) taken.push_back(other.name);
  get_name(table, rule.name, taken);
  get_texts(table, "seats", rule.seats);
  get_terminals(table, rule.terminals);
  get_texts(table, "services", rule.services);
  get_texts(table, "opened_by", rule.opened_by);
  get_origins(table, rule.origins);
  get_texts(table, "readers", rule.readers);
  table.get("p11_kit_server", rule.server);
  if (!rule.server.empty() && !card::is_server_address(rule.server))
    table.refuse("p11_kit_server", "must be unix:path=/ABSOLUTE/PATH or vsock:cid=NUMBER;port=NUMBER");
  table.get("pcsc_socket", rule.pcsc_socket);
  table.refuse_unknown();
  check_seat(table, rule, config);
  config.seats.push_back(std::move(rule));
}

}  // namespace jpki::config
