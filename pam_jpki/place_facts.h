// SPDX-License-Identifier: LGPL-2.1-or-later
//
// What tells where a person is: the host's PAM items, the cgroup and the audit session of this process (set
// by root, inherited, out of its user's hands), and the sessions of systemd-logind in /run/systemd/sessions,
// read as libsystemd does. No bus is asked: a login must not wait for one.
#pragma once

#include "pam_jpki/place.h"

#include <string_view>

#include <security/pam_modules.h>

namespace jpki::pam {

struct PlaceSources {
  const char* process;   // "/proc/self"
  const char* sessions;  // "/run/systemd/sessions"
  uid_t owner = 0;       // of the sessions; tests own theirs
};

PlaceFacts read_place_facts(pam_handle_t* handle, const PlaceSources& sources);

// What does not come from the handle.
PlaceFacts read_process_facts(const PlaceSources& sources);

// Which session and user a process of this cgroup belongs to. `text` is /proc/PID/cgroup.
struct CgroupPlace {
  std::string session;
  std::optional<uid_t> user;
};
CgroupPlace place_of_cgroup(std::string_view text);

// A file of /run/systemd/sessions; nothing when it names no user.
std::optional<Session> parse_session(std::string id, std::string_view text);

}  // namespace jpki::pam
