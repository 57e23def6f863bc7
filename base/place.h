// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Place: whether the person who logs in is at this machine. The card in this machine's reader is for who sits
// here: whoever comes over a network has it neither in hand nor in view, and could spend its tries. This is
// the one place where that is decided, for every service; place_facts.h gathers what it is decided by.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <sys/types.h>

namespace jpki {

// A session as systemd-logind (or elogind) knows it.
struct Session {
  std::string id{};
  uid_t user = 0;
  bool remote = false;
  bool closing = false;  // its leader has ended, processes are left
  std::string seat{};    // empty: none
  std::string terminal{};
  std::string display{};        // ":10"; of X
  std::string remote_host{};    // of a remote one, as the program that opened it told logind
  std::string service{};        // of PAM, that opened it
  std::string session_class{};  // "user", "greeter", "background", ...
  std::optional<std::uint32_t> audit{};
  pid_t leader = 0;         // the process that opened it; 0: not told
  std::uint64_t since = 0;  // when it began, microseconds of CLOCK_MONOTONIC; 0: not told
  bool doubtful = false;    // its file was tampered with, or cannot be trusted; it counts as remote
};

struct PlaceFacts {
  std::string remote_host{};  // PAM_RHOST
  std::string node_name{};    // this machine's
  std::string terminal{};     // PAM_TTY
  std::string seat{};         // that the host opens a session on (XDG_SEAT of the handle, not of the process)
  std::string session{};      // of the process; empty: in none
  std::optional<uid_t> user{};   // whose service manager runs the process, else who logged in (login uid)
  std::optional<uid_t> login{};  // the login uid alone: the kernel keeps it across su and sudo
  std::vector<Session> sessions{};
  bool logind = false;  // it, or elogind, runs on this machine
};

enum class Place {
  kHere,
  kElsewhere,
  kUnknown,  // nothing tells
};

struct PlaceDecision {
  Place place;
  const char* because;  // for the log
};

PlaceDecision decide_place(const PlaceFacts& facts);

// What logind tells of an open session of a person who is not at this machine.
struct OpenSession {
  uid_t user = 0;
  std::string service{};  // of PAM, that opened it
  std::string display{};  // may be empty
  bool operator==(const OpenSession&) const = default;
};

// Which seat a person sits at, or which machine they come from. Not a decision whether they may log in.
struct Whereabouts {
  std::string seat{};    // logind's name; empty: none, or it cannot be told, as of a user who sits at two
  std::string origin{};  // as PAM_RHOST or logind has it; empty: this machine, or it cannot be told
  // In which this is about an unlocking, or about rights; nothing: a first login, a session at this machine,
  // or it cannot be told, as of a program of the user's service manager beside two sessions.
  std::optional<OpenSession> session{};
  bool operator==(const Whereabouts&) const = default;
};

Whereabouts whereabouts_of(const PlaceFacts& facts);

// The loopback, written as an address or as "localhost", or `node_name`.
bool names_this_machine(const std::string& host, const std::string& node_name);

// A text console, a serial line: no pseudo-terminal.
bool is_hardware_terminal(const std::string& terminal);

}  // namespace jpki
