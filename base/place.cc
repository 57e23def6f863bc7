// SPDX-License-Identifier: LGPL-2.1-or-later
#include "base/place.h"

#include "base/terminal_name.h"

#include <algorithm>
#include <array>
#include <string_view>
#include <vector>

#include <arpa/inet.h>

namespace jpki {
namespace {

constexpr PlaceDecision here(const char* because) {
  return {Place::kHere, because};
}

constexpr PlaceDecision elsewhere(const char* because) {
  return {Place::kElsewhere, because};
}

bool is_number(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

// ":0", ":0.0"
bool is_own_display(std::string_view terminal) {
  if (!terminal.starts_with(':')) return false;
  terminal.remove_prefix(1);
  const auto dot = terminal.find('.');
  return is_number(terminal.substr(0, dot)) && (dot == terminal.npos || is_number(terminal.substr(dot + 1)));
}

// A serial line has no seat. By SetTTY of logind 254 the user of a session gives it any terminal that they
// may open, so a terminal counts only where login(1) opened the session on it.
bool is_at_the_machine(const Session& session) {
  if (session.remote) return false;
  return !session.seat.empty() || (session.service == "login" && is_hardware_terminal(session.terminal));
}

// Opened by su or sudo for another user, out of a program that is in no session: it has no seat of its own.
bool is_derived(const Session& session) {
  static constexpr std::string_view kServices[] = {"su", "su-l", "sudo", "sudo-i", "runuser", "runuser-l"};
  return !session.remote && session.seat.empty() &&
         std::ranges::find(kServices, session.service) != std::end(kServices);
}

// A remote desktop, or ssh from this machine to itself, is not remote to logind, but has no seat either.
bool is_from_elsewhere(const Session& session) {
  if (session.remote) return true;
  return session.session_class.starts_with("user") && !is_at_the_machine(session) && !is_derived(session);
}

bool anybody(const PlaceFacts& facts, uid_t user, bool (*is)(const Session&)) {
  return std::ranges::any_of(facts.sessions,
                             [&](const Session& session) { return session.user == user && is(session); });
}

// Whoever has a session here and one from elsewhere may have attached to a terminal of the first from the
// second (tmux, screen), or have a program started by the service manager.
PlaceDecision place_of_user(const PlaceFacts& facts, uid_t user) {
  if (anybody(facts, user, &is_from_elsewhere))
    return elsewhere("the user who runs this program is logged in from another place as well");
  const auto is_live = [](const Session& session) { return is_at_the_machine(session) && !session.closing; };
  if (anybody(facts, user, is_live))
    return here("the user who runs this program has a session at this machine");
  return elsewhere("the user who runs this program has no session at this machine");
}

PlaceDecision place_of_session(const PlaceFacts& facts, const Session& session) {
  if (session.doubtful) return elsewhere("what is kept of the session cannot be logind's alone");
  if (session.remote) return elsewhere("the session comes from another machine");
  if (is_derived(session) && facts.login) return place_of_user(facts, *facts.login);
  if (!is_at_the_machine(session)) return elsewhere("the session has no seat");
  return place_of_user(facts, session.user);
}

// sd-login(3): virtual terminals are on seat0 alone.
bool is_virtual_terminal(std::string_view terminal) {
  const std::string_view name = terminal_name(terminal);
  return name.starts_with("tty") && is_number(name.substr(3));
}

// The one seat at which this user sits.
std::string seat_of_user(const PlaceFacts& facts, uid_t user) {
  std::string found;
  for (const Session& session : facts.sessions) {
    if (session.user != user || session.closing || !is_at_the_machine(session) || session.seat.empty())
      continue;
    if (!found.empty() && found != session.seat) return {};
    found = session.seat;
  }
  return found;
}

std::string seat_of(const PlaceFacts& facts, const Session* session) {
  if (session != nullptr && !session->seat.empty()) return session->seat;
  if (session == nullptr && !facts.user) {
    if (!facts.seat.empty()) return facts.seat;
    return is_virtual_terminal(facts.terminal) ? "seat0" : "";
  }
  const auto user = session != nullptr ? facts.login : facts.user;
  return user ? seat_of_user(facts, *user) : "";
}

// The session of this user that a program outside all sessions belongs to, if it is from elsewhere: the only
// one, or the only one with a screen. Who is at this machine as well has none.
const Session* only_session_of(const PlaceFacts& facts, uid_t user) {
  std::vector<const Session*> all;
  for (const Session& session : facts.sessions) {
    if (session.user != user || session.closing) continue;
    if (is_at_the_machine(session)) return nullptr;
    if (session.session_class.starts_with("user") && !is_derived(session)) all.push_back(&session);
  }
  if (all.size() > 1) std::erase_if(all, [](const Session* session) { return session->display.empty(); });
  return all.size() == 1 ? all.front() : nullptr;
}

std::optional<OpenSession> open_session(const PlaceFacts& facts, const Session* own) {
  const Session* session = own;
  if (own == nullptr) {
    session = facts.user ? only_session_of(facts, *facts.user) : nullptr;
  } else if (is_derived(*own)) {
    session = facts.login ? only_session_of(facts, *facts.login) : nullptr;
  }
  if (session == nullptr || session->closing || session->doubtful ||
      !session->session_class.starts_with("user") || !is_from_elsewhere(*session))
    return std::nullopt;
  // The kernel keeps the login uid: who is in another's session did not log in there.
  if (facts.login && *facts.login != session->user) return std::nullopt;
  return OpenSession{.user = session->user, .service = session->service, .display = session->display};
}

}  // namespace

bool names_this_machine(const std::string& host, const std::string& node_name) {
  if (host == "localhost" || host == "localhost.localdomain") return true;
  if (!node_name.empty() && host == node_name) return true;
  in_addr v4{};
  if (::inet_pton(AF_INET, host.c_str(), &v4) == 1) return (ntohl(v4.s_addr) >> 24) == IN_LOOPBACKNET;
  in6_addr v6{};
  if (::inet_pton(AF_INET6, host.c_str(), &v6) != 1) return false;
  return IN6_IS_ADDR_LOOPBACK(&v6) || (IN6_IS_ADDR_V4MAPPED(&v6) && v6.s6_addr[12] == IN_LOOPBACKNET);
}

bool is_hardware_terminal(const std::string& terminal) {
  const std::string_view name = terminal_name(terminal);
  if (name == "console") return true;
  static constexpr std::string_view kLines[] = {"tty", "ttyS", "ttyAMA", "hvc"};
  return std::ranges::any_of(kLines, [&](std::string_view line) {
    return name.starts_with(line) && is_number(name.substr(line.size()));
  });
}

PlaceDecision decide_place(const PlaceFacts& facts) {
  if (!facts.remote_host.empty() && !names_this_machine(facts.remote_host, facts.node_name))
    return elsewhere("PAM_RHOST names another machine");
  if (!facts.sessions.empty()) {
    const auto own = std::ranges::find(facts.sessions, facts.session, &Session::id);
    if (own != facts.sessions.end()) return place_of_session(facts, *own);
    if (!facts.session.empty()) return elsewhere("the session is none that logind knows");
    if (facts.user) return place_of_user(facts, *facts.user);
  }
  // From here on: a service of the system, or a machine without logind.
  if (!facts.remote_host.empty())
    return elsewhere("a connection from this machine to itself: where the person is cannot be told");
  if (is_hardware_terminal(facts.terminal)) return here("a terminal of this machine");
  if (!facts.user && (is_own_display(facts.terminal) || !facts.seat.empty()))
    return here("a screen of this machine");
  return {Place::kUnknown, "nothing tells where the person is; see where_unknown in pam_jpki(8)"};
}

Whereabouts whereabouts_of(const PlaceFacts& facts) {
  if (!facts.remote_host.empty() && !names_this_machine(facts.remote_host, facts.node_name))
    return {.origin = facts.remote_host};
  const auto own = std::ranges::find(facts.sessions, facts.session, &Session::id);
  if (!facts.session.empty() && own == facts.sessions.end()) return {};
  const Session* session = facts.session.empty() ? nullptr : &*own;
  Whereabouts found;
  if (session != nullptr && session->remote) {
    found.origin = session->remote_host;
  } else {
    found.seat = seat_of(facts, session);
  }
  if (facts.remote_host.empty()) found.session = open_session(facts, session);
  return found;
}

}  // namespace jpki
