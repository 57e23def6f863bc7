// SPDX-License-Identifier: LGPL-2.1-or-later
//
// SessionRecord: what is kept, while it lasts, of a session that a card login opened: one file in
// kSessionRecords, written by pam_jpki.so as root, read by jpki-session-guard and jpkictl. It names no person
// but by uid, and no certificate but by keyed hashes.
#pragma once

#include "base/protocol.h"
#include "base/safe_file.h"
#include "base/time.h"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <sys/types.h>

namespace jpki {

// Made at boot (conf/tmpfiles.conf): root's, with the set-group-ID bit, so that a record belongs to the group
// of the guard, and with a default access list, so that _jpki may read it as well (jpki-relay). Where it is
// missing nothing is recorded.
inline constexpr char kSessionRecords[] = "/run/jpki/sessions";

struct SessionRecord {
  std::string session{};    // logind's id; empty: logind knows none
  std::uint64_t since = 0;  // when logind began it, microseconds of CLOCK_MONOTONIC: an id may come again
  pid_t leader = 0;         // the process that opened it
  uid_t user = 0;
  std::string service{};      // of PAM
  std::string terminal{};     // "tty2", "pts/3"; may be empty
  std::string seat{};         // may be empty
  std::string reader{};       // UsedCard.reader; may be empty
  std::string certificate{};  // its pseudonym in the log; may be empty
  LoginNonce key{};           // of `mark`
  CardMark mark{};            // UsedCard.mark
  Time login{};
  std::string factors{};  // "card+pin"
  // Of `login`: the boot (base/boot_clock.h), and CLOCK_BOOTTIME in milliseconds. Empty and 0 in records of
  // older versions, which unlock nothing.
  std::string boot{};
  std::uint64_t up_ms = 0;
  bool operator==(const SessionRecord&) const = default;
};

// The name of its file: by the session, else by the terminal; nothing when it has neither, or none that a
// file can have.
std::optional<std::string> file_name_of(const SessionRecord& record);

// Lines of KEY=VALUE, the first of which tells the version.
std::string text_of(const SessionRecord& record);

// Nothing for another version, a line that is missing or comes twice, a value that cannot be. Keys that are
// not known are passed over.
std::optional<SessionRecord> parse_session_record(std::string_view text);

// Whether a process has the number of its leader.
bool leader_lives(const SessionRecord& record) noexcept;

// Every record in `directory`, sorted by name; files that are no record are told in `problems`.
struct SessionRecords {
  std::vector<SessionRecord> records;
  std::vector<std::string> problems;
};
Expected<SessionRecords, FileError> read_session_records(const std::string& directory,
                                                         const FileTrust& trust = {});

}  // namespace jpki
