// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Seats: which readers a login may use. Where several people sit at one machine, or at thin clients of it,
// each has a reader, and the card in another's is not theirs: its tries are not theirs to spend, and it must
// never say who they are. A pure function of the site's rules and of what pam_jpki.so or jpki-relay tell.
#pragma once

#include "base/expected.h"
#include "base/protocol.h"
#include "validator/card/token.h"

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace jpki::card {

// One [[seat]] of jpki.toml. It is for the logins that have one of each list that is not empty.
struct SeatRule {
  std::string name;                    // for the log
  std::vector<std::string> seats;      // logind's names
  std::vector<std::string> terminals;  // of PAM, without "/dev/"
  std::vector<std::string> services;   // of PAM
  std::vector<std::string> origins;    // IP addresses of thin clients; then the person is not at this machine
  // Of this machine; empty with a server. As PC/SC names them, with or without the two numbers at the end,
  // which follow from the order of plugging in.
  std::vector<std::string> readers;
  std::string
      server;  // of the thin client: where its p11-kit server is reached, as P11_KIT_SERVER_ADDRESS has it
};

// PKCS#11 cuts the names of readers there, so longer ones cannot be told apart.
inline constexpr std::size_t kLongestReader = 63;

// "ACS ACR39U ICC Reader 00 00" is named by that, and by "ACS ACR39U ICC Reader".
bool names_reader(std::string_view name, std::string_view reader);

// What a login may use.
struct Reach {
  std::string seat{};                 // the rule's name; empty: none applies
  std::string server{};               // nothing of this machine then
  std::vector<std::string> only{};    // empty: every reader
  std::vector<std::string> others{};  // of other seats
  bool is_here() const noexcept { return server.empty(); }
  bool admits(std::string_view reader) const;
};

// The first rule that is for this login decides. Without one: the readers that no rule names; a person who
// is not here is refused (kRemoteLogin).
Expected<Reach, CardError> reach_of(const Start& start, std::span<const SeatRule> rules);

// An IPv4 or IPv6 address as the kernel writes it, an IPv4-mapped one as the IPv4 address; empty: none.
std::string canonical_address(const std::string& text);

}  // namespace jpki::card
