// SPDX-License-Identifier: LGPL-2.1-or-later
//
// What tells where a person is: the cgroup and the audit session of a process (set by root, inherited, out of
// its user's hands), and the sessions of systemd-logind in /run/systemd/sessions. No bus is asked: a login
// must not wait for one.
#pragma once

#include "base/place.h"

#include <string_view>

namespace jpki {

struct PlaceSources {
  const char* process;   // "/proc/self", or that of another process
  const char* sessions;  // "/run/systemd/sessions"
  uid_t owner = 0;       // of the sessions; tests own theirs
};

// What only the host can say (remote_host, terminal, seat) stays empty.
PlaceFacts read_process_facts(const PlaceSources& sources);

// Which session and user a process of this cgroup belongs to. `text` is /proc/PID/cgroup.
struct CgroupPlace {
  std::string session;
  std::optional<uid_t> user;
};
CgroupPlace place_of_cgroup(std::string_view text);

// The session of that id; nothing when there is none, or its file cannot be trusted.
std::optional<Session> read_session(const PlaceSources& sources, const std::string& id);

// A file of /run/systemd/sessions; nothing when it names no user. logind writes DISPLAY as the session's user
// sets it (org.freedesktop.login1.Session.SetDisplay), with line ends and all, so lines behind it may be the
// user's: a key that comes twice, or one behind DISPLAY that logind writes before it, makes the session
// doubtful. Its user, class and state are logind's even then.
std::optional<Session> parse_session(std::string id, std::string_view text);

}  // namespace jpki
