// SPDX-License-Identifier: LGPL-2.1-or-later
//
// LockNote: since when the screen of a session is locked. systemd-logind tells that it is (LockedHint), not
// since when, and keeps no file of it; so jpki-session-guard notes when it was told, in a directory that
// systemd makes for it and that is gone whenever the guard does not run.
#pragma once

#include "base/expected.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace jpki {

inline constexpr char kLockNotes[] = "/run/jpki/locked";

struct LockNote {
  std::uint64_t since = 0;  // of the session, as SessionRecord.since
  std::uint64_t up_ms = 0;  // when it was told that the screen is locked: CLOCK_BOOTTIME, milliseconds
  bool operator==(const LockNote&) const = default;
};

std::string text_of(const LockNote& note);
std::optional<LockNote> parse_lock_note(std::string_view text);

// For the guard. The session is one of a SessionRecord. The error is of a system call, for the log.
Expected<Unit, std::string> write_lock_note(const std::string& directory, const std::string& session,
                                            const LockNote& note);
void remove_lock_note(const std::string& directory, const std::string& session);
void remove_all_lock_notes(const std::string& directory);

// Nothing: none, or none that can be trusted. What is trusted is what the owner of the directory wrote, since
// only root can make a directory there; nobody else may write to either.
std::optional<LockNote> read_lock_note(const std::string& directory, const std::string& session);

}  // namespace jpki
