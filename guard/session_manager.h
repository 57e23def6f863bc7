// SPDX-License-Identifier: LGPL-2.1-or-later
//
// SessionManager: sessions as systemd-logind knows them, behind an interface.
#pragma once

#include "base/expected.h"

#include <cstdint>
#include <optional>
#include <string>

#include <sys/types.h>

namespace jpki::guard {

struct SessionFacts {
  uid_t user = 0;
  pid_t leader = 0;
  std::uint64_t since = 0;  // microseconds of CLOCK_MONOTONIC
  bool graphical = false;   // x11, wayland, mir: somebody may obey a lock
  bool locked = false;      // LockedHint
  std::string terminal{};   // "tty2"; may be empty
  bool operator==(const SessionFacts&) const = default;
};

class SessionManager {
 public:
  virtual ~SessionManager() = default;

  // Nothing: there is no such session. The error: it could not be asked.
  virtual Expected<std::optional<SessionFacts>, std::string> facts(const std::string& session) = 0;

  // Ask, and do not wait. A refusal is logged; whether a lock was obeyed is told by SessionFacts.locked.
  virtual void lock(const std::string& session) = 0;
  virtual void terminate(const std::string& session) = 0;
};

}  // namespace jpki::guard
