// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Seats: which readers a login may use. Where several people sit at one machine, or at thin clients of it,
// each has a reader, and the card in another's is not theirs: its tries are not theirs to spend, and it must
// never say who they are. A pure function of the site's rules and of what pam_jpki.so or jpki-relay tell.
#pragma once

#include "base/expected.h"
#include "base/protocol.h"
#include "validator/card/token.h"

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace jpki::card {

// One [[seat]] of jpki.toml. It is for the logins that have one of each list that is not empty.
struct SeatRule {
  std::string name;                      // for the log
  std::vector<std::string> seats;        // logind's names
  std::vector<std::string> terminals;    // of PAM, without "/dev/"
  std::vector<std::string> services;     // of PAM
  std::vector<std::string> opened_by{};  // of PAM: the service that opened the session; needs a pcsc_socket
  std::vector<std::string> origins;  // IP addresses of thin clients; then the person is not at this machine
  // Of this machine; empty with a server. As PC/SC names them, with or without the two numbers at the end,
  // which follow from the order of plugging in.
  std::vector<std::string> readers;
  std::string
      server;  // of the thin client: where its p11-kit server is reached, as P11_KIT_SERVER_ADDRESS has it
  // Where the readers of an open session from elsewhere are reached: a pattern of a path (is_socket_pattern).
  // What brings them there starts after the login, so it is of no use to a first one.
  std::string pcsc_socket{};
};

// A plain absolute path, in which "{uid}" or "{display}" stand for the session's user and the number of its
// display; without one of them, several people would share a reader.
bool is_socket_pattern(std::string_view text);

// The path for a session; nothing when it has no such display.
std::optional<std::string> socket_path(std::string_view pattern, const RemoteSession& session);

// PKCS#11 cuts the names of readers there, so longer ones cannot be told apart.
inline constexpr std::size_t kLongestReader = 63;

// "ACS ACR39U ICC Reader 00 00" is named by that, and by "ACS ACR39U ICC Reader".
bool names_reader(std::string_view name, std::string_view reader);

// Of an open session, with the card service that it brings.
struct SessionSocket {
  std::string path;
  std::uint32_t owner;  // beside root: the session's user
};

// What a login may use.
struct Reach {
  std::string seat{};                     // the rule's name; empty: none applies
  std::string server{};                   // nothing of this machine then
  std::vector<std::string> only{};        // empty: every reader
  std::vector<std::string> others{};      // of other seats
  std::optional<SessionSocket> socket{};  // nothing of this machine then
  bool is_here() const noexcept { return server.empty() && !socket; }
  bool has_card_service() const noexcept { return server.empty(); }
  bool admits(std::string_view reader) const;
};

// The first rule that is for this login decides. Without one: the readers that no rule names; a person who
// is not here is refused (kRemoteLogin). So is who would use the readers of a session that is not open yet,
// or another account's.
Expected<Reach, CardError> reach_of(const Start& start, std::span<const SeatRule> rules);

// An IPv4 or IPv6 address as the kernel writes it, an IPv4-mapped one as the IPv4 address; empty: none.
std::string canonical_address(const std::string& text);

}  // namespace jpki::card
