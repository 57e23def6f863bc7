// SPDX-License-Identifier: LGPL-2.1-or-later
#include "validator/card/seat.h"

#include "base/terminal_name.h"

#include <algorithm>
#include <array>

#include <arpa/inet.h>

namespace jpki::card {
namespace {

bool holds(const std::vector<std::string>& list, std::string_view value) {
  return std::ranges::find(list, value) != list.end();
}

bool is_hex_digit(char c) {
  return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'F');
}

// " 00 01": pcscd's numbers of a device and of a slot in it.
bool is_numbers(std::string_view text) {
  return text.size() == 6 && text[0] == ' ' && is_hex_digit(text[1]) && is_hex_digit(text[2]) &&
         text[3] == ' ' && is_hex_digit(text[4]) && is_hex_digit(text[5]);
}

bool is_for(const SeatRule& rule, const Start& start, const std::string& origin) {
  if (rule.origins.empty() == start.elsewhere) return false;
  const auto agrees = [](const std::vector<std::string>& list, std::string_view value) {
    return list.empty() || (!value.empty() && holds(list, value));
  };
  return agrees(rule.seats, start.seat) && agrees(rule.terminals, terminal_name(start.terminal)) &&
         agrees(rule.services, start.service) && agrees(rule.origins, origin);
}

}  // namespace

bool names_reader(std::string_view name, std::string_view reader) {
  return reader == name || (reader.starts_with(name) && is_numbers(reader.substr(name.size())));
}

bool Reach::admits(std::string_view reader) const {
  const auto named = [&](const std::string& name) { return names_reader(name, reader); };
  if (!only.empty()) return std::ranges::any_of(only, named);
  return std::ranges::none_of(others, named);
}

Expected<Reach, CardError> reach_of(const Start& start, std::span<const SeatRule> rules) {
  const std::string origin = canonical_address(start.origin);
  Reach reach;
  for (const SeatRule& rule : rules) {
    if (!is_for(rule, start, origin)) {
      reach.others.insert(reach.others.end(), rule.readers.begin(), rule.readers.end());
      continue;
    }
    return Reach{.seat = rule.name, .server = rule.server, .only = rule.readers};
  }
  if (start.elsewhere)
    return Unexpected{CardError{Verdict::kRemoteLogin, "no [[seat]] is for where the person is"}};
  return reach;
}

std::string canonical_address(const std::string& text) {
  std::array<char, INET6_ADDRSTRLEN> out{};
  in_addr v4{};
  if (::inet_pton(AF_INET, text.c_str(), &v4) == 1)
    return ::inet_ntop(AF_INET, &v4, out.data(), out.size()) != nullptr ? out.data() : "";
  in6_addr v6{};
  if (::inet_pton(AF_INET6, text.c_str(), &v6) != 1) return {};
  if (IN6_IS_ADDR_V4MAPPED(&v6))
    return ::inet_ntop(AF_INET, &v6.s6_addr[12], out.data(), out.size()) != nullptr ? out.data() : "";
  return ::inet_ntop(AF_INET6, &v6, out.data(), out.size()) != nullptr ? out.data() : "";
}

}  // namespace jpki::card
