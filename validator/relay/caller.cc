// SPDX-License-Identifier: LGPL-2.1-or-later
#include "validator/relay/caller.h"

#include "base/place_facts.h"

#include <cerrno>

#include <pwd.h>
#include <sys/socket.h>

namespace jpki::relay {

Expected<Caller, int> caller_of(int socket) {
  int domain = 0;
  socklen_t size = sizeof domain;
  if (::getsockopt(socket, SOL_SOCKET, SO_DOMAIN, &domain, &size) != 0) return Unexpected{errno};
  if (domain != AF_UNIX) return Unexpected{EAFNOSUPPORT};
  ucred credentials{};
  size = sizeof credentials;
  if (::getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &credentials, &size) != 0) return Unexpected{errno};
  if (credentials.uid == static_cast<uid_t>(-1)) return Unexpected{ENOTCONN};
  return Caller{credentials.uid, credentials.pid};
}

std::optional<std::string> account_of(uid_t uid) {
  const passwd* entry = ::getpwuid(uid);
  if (entry == nullptr || *entry->pw_name == '\0') return std::nullopt;
  return entry->pw_name;
}

PlaceDecision decide_place_of_caller(PlaceFacts process, uid_t uid) {
  PlaceFacts of_user;
  of_user.user = uid;
  of_user.sessions = process.sessions;
  if (!process.user) process.user = uid;
  const PlaceDecision by_process = decide_place(process);
  return by_process.place == Place::kHere ? decide_place(of_user) : by_process;
}

PlaceDecision place_of(const Caller& caller, const char* sessions, uid_t owner) {
  if (caller.pid <= 0) return {Place::kUnknown, "the calling process is not of this system"};
  const std::string process = "/proc/" + std::to_string(caller.pid);
  return decide_place_of_caller(read_process_facts({process.c_str(), sessions, owner}), caller.uid);
}

Whereabouts whereabouts_of_user(const Caller& caller, const char* sessions, uid_t owner) {
  PlaceFacts of_user;
  of_user.user = caller.uid;
  of_user.sessions = read_process_facts({"/proc/self", sessions, owner}).sessions;
  return whereabouts_of(of_user);
}

}  // namespace jpki::relay
