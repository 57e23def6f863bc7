// SPDX-License-Identifier: LGPL-2.1-or-later
//
// The journal of `jpkictl setup apply`: what was there before each change, whole, so that it can go back; and
// until when it waits for a confirmation. It is on the disk before the first change, and it is there as long
// as DIRECTORY/journal is: taking that file away is what confirms.
//
// A change is never judged by the clock that people set: the wait is over when CLOCK_BOOTTIME has gone on so
// far, or the machine was started anew.
#pragma once

#include "base/boot_clock.h"
#include "base/time.h"
#include "jpkictl/setup/file_state.h"

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace jpki::ctl::setup {

inline constexpr char kJournalDirectory[] = JPKI_STATEDIR "/setup";  // root's, 0700
inline constexpr char kJournalName[] = "journal";

struct Change {
  std::string path;  // absolute
  FileState before;
  FileState after;
  bool operator==(const Change&) const = default;
};

struct UnitChange {
  std::string unit;  // of systemd
  bool was_enabled = false;
  bool was_active = false;
  bool enabled = true;  // and started; false: disabled and stopped
  bool operator==(const UnitChange&) const = default;
};

struct Journal {
  BootTime armed;
  std::chrono::seconds wait{};
  Time applied{};  // to be shown; nothing is decided by it
  std::vector<Change> changes;
  std::vector<UnitChange> units;
};

// Whether it goes back without being asked. A machine that cannot tell its boot goes back.
bool is_due(const Journal& journal, const BootTime& now);
// How long it still waits; zero when due.
std::chrono::seconds time_left(const Journal& journal, const BootTime& now);

// Called before each step that leaves the disk different; tests end the process there.
using BeforeStep = std::function<void()>;

// Brings it to disk, the copies first and DIRECTORY/journal last; makes the directory.
Expected<Unit, std::string> write_journal(
    const std::string& directory, const Journal& journal, const BeforeStep& step = [] {});
// Nothing: none waits. The error is "PATH: why".
Expected<std::optional<Journal>, std::string> read_journal(const std::string& directory);
// Confirmed, or gone back: takes the journal away, then its copies.
Expected<Unit, std::string> end_journal(
    const std::string& directory, const BeforeStep& step = [] {});

// Makes all changes of the journal, in their order.
Expected<Unit, std::string> make_changes(
    const Journal& journal, const BeforeStep& step = [] {});

struct RollBack {
  std::vector<std::string> restored;  // paths
  struct Kept {
    std::string path;
    std::string copy;  // what others had written there since
  };
  std::vector<Kept> kept;
  std::vector<std::string> failed;  // "PATH: why"; the journal stays
};
// Everything as it was before, whatever part of the changes had been made, in the reverse order. What others
// have changed since goes to DIRECTORY/kept first: people must get in again, and nothing is lost. May be
// repeated after it was interrupted anywhere.
RollBack roll_back(
    const std::string& directory, const Journal& journal, const BeforeStep& step = [] {});

}  // namespace jpki::ctl::setup
