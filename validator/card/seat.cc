// SPDX-License-Identifier: LGPL-2.1-or-later
#include "validator/card/seat.h"

#include "base/terminal_name.h"

#include <algorithm>
#include <array>
#include <utility>

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

constexpr std::string_view kUid = "{uid}";
constexpr std::string_view kDisplay = "{display}";
constexpr std::size_t kLongestSocket = 107;  // sockaddr_un, without the end

bool is_number(std::string_view text) {
  return !text.empty() && text.size() <= 5 &&
         std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

// "10" of ":10" and of ":10.0"; empty: no such display.
std::string_view display_number(std::string_view display) {
  if (!display.starts_with(':')) return {};
  display.remove_prefix(1);
  const auto dot = display.find('.');
  if (dot != display.npos && !is_number(display.substr(dot + 1))) return {};
  display = display.substr(0, dot);
  return is_number(display) ? display : std::string_view();
}

bool is_plain_path(std::string_view path) {
  if (path.size() < 2 || path.size() > kLongestSocket || path.front() != '/') return false;
  const auto plain = [](char c) { return c > ' ' && c < '\x7f' && c != '{' && c != '}' && c != '\\'; };
  if (!std::ranges::all_of(path, plain)) return false;
  while (!path.empty()) {
    path.remove_prefix(1);
    const std::string_view part = path.substr(0, path.find('/'));
    if (part.empty() || part == "." || part == "..") return false;
    path.remove_prefix(part.size());
  }
  return true;
}

// Who opened the session, or would.
std::string_view opener_of(const Start& start) {
  return start.remote_session ? start.remote_session->service : start.service;
}

bool is_for(const SeatRule& rule, const Start& start, const std::string& origin) {
  if ((rule.origins.empty() && rule.pcsc_socket.empty()) == start.elsewhere) return false;
  const auto agrees = [](const std::vector<std::string>& list, std::string_view value) {
    return list.empty() || (!value.empty() && holds(list, value));
  };
  return agrees(rule.seats, start.seat) && agrees(rule.terminals, terminal_name(start.terminal)) &&
         agrees(rule.services, start.service) && agrees(rule.opened_by, opener_of(start)) &&
         agrees(rule.origins, origin);
}

Expected<Reach, CardError> reach_of_session(const SeatRule& rule, const Start& start) {
  const auto refuse = [&](Verdict verdict, const std::string& why) {
    return Unexpected{CardError{verdict, "[[seat]] " + rule.name + ": " + why}};
  };
  if (!start.remote_session)
    return refuse(
        Verdict::kRemoteLogin,
        "the readers come with an open session, for unlocking, sudo and polkit in it; not for a first "
        "login");
  const RemoteSession& session = *start.remote_session;
  if (session.account.empty() || start.user != session.account)
    return refuse(Verdict::kRemoteLogin, "the readers of a session are for the account alone whose it is");
  auto path = socket_path(rule.pcsc_socket, session);
  if (!path) return refuse(Verdict::kSeatUnreachable, "the session has no display");
  return Reach{.seat = rule.name, .socket = SessionSocket{std::move(*path), session.uid}};
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
    if (!rule.pcsc_socket.empty()) return reach_of_session(rule, start);
    return Reach{.seat = rule.name, .server = rule.server, .only = rule.readers};
  }
  if (start.elsewhere)
    return Unexpected{CardError{Verdict::kRemoteLogin, "no [[seat]] is for where the person is"}};
  return reach;
}

std::optional<std::string> socket_path(std::string_view pattern, const RemoteSession& session) {
  const std::string uid = std::to_string(session.uid);
  const std::string_view display = display_number(session.display);
  std::string path;
  while (!pattern.empty()) {
    if (pattern.starts_with(kUid)) {
      path += uid;
      pattern.remove_prefix(kUid.size());
    } else if (pattern.starts_with(kDisplay)) {
      if (display.empty()) return std::nullopt;
      path += display;
      pattern.remove_prefix(kDisplay.size());
    } else {
      path += pattern.front();
      pattern.remove_prefix(1);
    }
  }
  return path;
}

bool is_socket_pattern(std::string_view text) {
  // The longest that it can become.
  const auto path =
      socket_path(text, {.account = {}, .uid = 4'294'967'295, .service = {}, .display = ":65535"});
  const bool one_for_all = text.find(kUid) == text.npos && text.find(kDisplay) == text.npos;
  return !one_for_all && is_plain_path(*path);
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
