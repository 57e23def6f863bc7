// SPDX-License-Identifier: LGPL-2.1-or-later
//
// People and their sessions, as logind and the kernel tell of them, for the tests of places.
#pragma once

#include "base/place.h"

#include <vector>

namespace jpki::test {

inline constexpr uid_t kTaro = 1000;
inline constexpr uid_t kHanako = 1001;

// As logind has them.
inline Session on_seat(const char* id, uid_t user) {
  return {.id = id,
          .user = user,
          .seat = "seat0",
          .terminal = "tty2",
          .service = "gdm-password",
          .session_class = "user"};
}
inline Session by_ssh(const char* id, uid_t user) {
  return {.id = id, .user = user, .remote = true, .service = "sshd", .session_class = "user"};
}
inline Session ended(Session session) {
  session.closing = true;
  return session;
}
inline Session of_service(const char* id, uid_t user, const char* service, const char* terminal,
                          const char* session_class = "user") {
  return {.id = id, .user = user, .terminal = terminal, .service = service, .session_class = session_class};
}

inline PlaceFacts in_session(const char* id, std::vector<Session> sessions) {
  return {.terminal = "/dev/pts/1",
          .session = id,
          .user = sessions.front().user,
          .sessions = std::move(sessions)};
}
// Under user@.service, or whoever has that login uid.
inline PlaceFacts of_user(uid_t user, std::vector<Session> sessions) {
  return {.terminal = "/dev/pts/1", .user = user, .login = user, .sessions = std::move(sessions)};
}
inline PlaceFacts of_system(const char* rhost, const char* terminal, std::vector<Session> sessions,
                            const char* seat = "") {
  return {.remote_host = rhost,
          .node_name = "kiosk",
          .terminal = terminal,
          .seat = seat,
          .sessions = std::move(sessions)};
}

}  // namespace jpki::test
