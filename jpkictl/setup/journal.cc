// SPDX-License-Identifier: LGPL-2.1-or-later
#include "jpkictl/setup/journal.h"

#include "base/record_text.h"
#include "base/safe_file.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>

#include <sys/stat.h>
#include <unistd.h>

namespace jpki::ctl::setup {
namespace {

constexpr char kKind[] = "jpki-setup-journal 1";
constexpr char kCopies[] = "/copies";
constexpr char kKept[] = "/kept";
constexpr std::size_t kMostChanges = 1000;
constexpr std::uint64_t kPerSecond = 1000;

// One walk for reading and writing; the contents are in files of their own.
template <class Record, class State>
void state_fields(Record& record, State& state, std::string& kind) {
  record.field("kind", kind);
  record.field("owner", state.owner);
  record.field("group", state.group);
  record.field("mode", state.mode);
}

std::string word_of(FileState::Kind kind) {
  switch (kind) {
    case FileState::Kind::kAbsent:
      return "absent";
    case FileState::Kind::kRegular:
      return "file";
    case FileState::Kind::kLink:
      return "link";
    case FileState::Kind::kDirectory:
      return "directory";
  }
  return {};
}

std::optional<FileState::Kind> kind_of(std::string_view word) {
  using Kind = FileState::Kind;
  for (const Kind kind : {Kind::kAbsent, Kind::kRegular, Kind::kLink, Kind::kDirectory})
    if (word_of(kind) == word) return kind;
  return std::nullopt;
}

std::string copy_of(const std::string& directory, std::size_t index, const char* which) {
  return directory + kCopies + "/" + std::to_string(index) + "." + which;
}

std::string text_of(const Journal& journal) {
  RecordWriter record(kKind);
  record.field("boot", journal.armed.boot);
  record.field("up_ms", journal.armed.up_ms);
  record.field("wait", journal.wait);
  record.field("applied", journal.applied);
  record.field("changes", journal.changes.size());
  for (const Change& change : journal.changes) {
    record.field("path", change.path);
    for (const FileState* state : {&change.before, &change.after}) {
      std::string kind = word_of(state->kind);
      state_fields(record, *state, kind);
    }
  }
  record.field("units", journal.units.size());
  for (const UnitChange& unit : journal.units) {
    record.field("unit", unit.unit);
    record.field("was_enabled", int{unit.was_enabled});
    record.field("was_active", int{unit.was_active});
    record.field("enabled", int{unit.enabled});
  }
  return record.take();
}

std::optional<Journal> parse(std::string_view text) {
  RecordReader record(text, kKind);
  Journal journal;
  record.field("boot", journal.armed.boot);
  record.field("up_ms", journal.armed.up_ms);
  record.field("wait", journal.wait);
  record.field("applied", journal.applied);
  std::size_t count = 0;
  bool good = true;
  record.field("changes", count);
  if (count > kMostChanges) return std::nullopt;
  for (std::size_t i = 0; i < count; ++i) {
    Change& change = journal.changes.emplace_back();
    record.field("path", change.path);
    for (FileState* state : {&change.before, &change.after}) {
      std::string kind;
      state_fields(record, *state, kind);
      const auto known = kind_of(kind);
      good = good && known;
      state->kind = known.value_or(FileState::Kind::kAbsent);
    }
    good = good && change.path.starts_with('/');
  }
  count = 0;
  record.field("units", count);
  if (count > kMostChanges) return std::nullopt;
  for (std::size_t i = 0; i < count; ++i) {
    UnitChange& unit = journal.units.emplace_back();
    int was_enabled = 0;
    int was_active = 0;
    int enabled = 0;
    record.field("unit", unit.unit);
    record.field("was_enabled", was_enabled);
    record.field("was_active", was_active);
    record.field("enabled", enabled);
    unit.was_enabled = was_enabled != 0;
    unit.was_active = was_active != 0;
    unit.enabled = enabled != 0;
  }
  if (!good || !record.complete()) return std::nullopt;
  return journal;
}

bool has_content(const FileState& state) {
  return state.kind == FileState::Kind::kRegular || state.kind == FileState::Kind::kLink;
}

FileState roots_own(std::string content) {
  return {FileState::Kind::kRegular, ::geteuid(), ::getegid(), 0600, std::move(content)};
}

FileState roots_directory() {
  return {FileState::Kind::kDirectory, ::geteuid(), ::getegid(), 0700};
}

Expected<Unit, std::string> read_copy(const std::string& path, FileState& state) {
  if (!has_content(state)) return Unit{};
  auto copy = look_at(path);
  if (!copy) return Unexpected{copy.error()};
  if (copy->kind != FileState::Kind::kRegular || copy->owner != ::geteuid())
    return Unexpected{path + ": missing, or not root's"};
  state.content = std::move(copy->content);
  return Unit{};
}

// Puts what others wrote to a name of its own, once, however often it is tried.
Expected<std::string, std::string> keep(const std::string& directory, const std::string& path,
                                        const FileState& state) {
  if (auto made = put(directory + kKept, roots_directory()); !made) return Unexpected{made.error()};
  std::string name = path.substr(1);
  std::ranges::replace(name, '/', '!');
  for (unsigned number = 1;; ++number) {
    const std::string copy = directory + kKept + "/" + name + "." + std::to_string(number);
    const auto there = look_at(copy);
    if (!there) return Unexpected{there.error()};
    if (there->kind != FileState::Kind::kAbsent && there->content != state.content) continue;
    if (auto written = put(copy, roots_own(state.content)); !written) return Unexpected{written.error()};
    return copy;
  }
}

}  // namespace

std::chrono::seconds time_left(const Journal& journal, const BootTime& now) {
  const auto wait = std::chrono::milliseconds(journal.wait);
  if (now.boot.empty() || now.boot != journal.armed.boot || now.up_ms < journal.armed.up_ms) return {};
  const std::uint64_t gone = now.up_ms - journal.armed.up_ms;
  if (gone >= static_cast<std::uint64_t>(std::max<std::int64_t>(wait.count(), 0))) return {};
  return std::chrono::seconds((static_cast<std::uint64_t>(wait.count()) - gone + kPerSecond - 1) /
                              kPerSecond);
}

bool is_due(const Journal& journal, const BootTime& now) {
  return time_left(journal, now) == std::chrono::seconds(0);
}

Expected<Unit, std::string> write_journal(const std::string& directory, const Journal& journal,
                                          const BeforeStep& step) {
  step();
  if (auto made = put(directory, roots_directory()); !made) return made;
  // Of one that was ended, or that never began.
  std::error_code ignored;
  std::filesystem::remove_all(directory + kCopies, ignored);
  if (auto made = put(directory + kCopies, roots_directory()); !made) return made;
  for (std::size_t i = 0; i < journal.changes.size(); ++i)
    for (const auto& [which, state] :
         {std::pair{"before", &journal.changes[i].before}, std::pair{"after", &journal.changes[i].after}}) {
      if (!has_content(*state)) continue;
      step();
      if (auto copied = put(copy_of(directory, i, which), roots_own(state->content)); !copied) return copied;
    }
  step();
  return put(directory + "/" + kJournalName, roots_own(text_of(journal)));
}

Expected<std::optional<Journal>, std::string> read_journal(const std::string& directory) {
  const std::string path = directory + "/" + kJournalName;
  const auto text = read_trusted_file(path, {.owner = ::geteuid()});
  if (!text && text.error().reason == FileError::Reason::kMissing) return std::optional<Journal>();
  if (!text) return Unexpected{text.error().text};
  auto journal = parse(as_text(*text));
  if (!journal) return Unexpected{path + ": not a journal of this version"};
  for (std::size_t i = 0; i < journal->changes.size(); ++i) {
    Change& change = journal->changes[i];
    if (auto read = read_copy(copy_of(directory, i, "before"), change.before); !read)
      return Unexpected{read.error()};
    if (auto read = read_copy(copy_of(directory, i, "after"), change.after); !read)
      return Unexpected{read.error()};
  }
  return journal;
}

Expected<Unit, std::string> end_journal(const std::string& directory, const BeforeStep& step) {
  step();
  if (auto gone = put(directory + "/" + kJournalName, {}); !gone) return gone;
  step();
  std::error_code failed;
  std::filesystem::remove_all(directory + kCopies, failed);
  if (failed) return Unexpected{directory + kCopies + ": " + failed.message()};
  return Unit{};
}

Expected<Unit, std::string> make_changes(const Journal& journal, const BeforeStep& step) {
  for (const Change& change : journal.changes) {
    step();
    if (auto made = put(change.path, change.after); !made) return made;
  }
  return Unit{};
}

RollBack roll_back(const std::string& directory, const Journal& journal, const BeforeStep& step) {
  RollBack result;
  for (auto change = journal.changes.rbegin(); change != journal.changes.rend(); ++change) {
    const auto now = look_at(change->path);
    if (!now) {
      result.failed.push_back(now.error());
      continue;
    }
    if (*now == change->before) continue;
    if (*now != change->after && has_content(*now)) {
      step();
      const auto copy = keep(directory, change->path, *now);
      if (!copy) {
        result.failed.push_back(copy.error());
        continue;
      }
      result.kept.push_back({change->path, *copy});
    }
    step();
    if (const auto back = put(change->path, change->before); !back)
      result.failed.push_back(back.error());
    else
      result.restored.push_back(change->path);
  }
  return result;
}

}  // namespace jpki::ctl::setup
