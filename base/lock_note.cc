// SPDX-License-Identifier: LGPL-2.1-or-later
#include "base/lock_note.h"

#include "base/atomic_file.h"
#include "base/record_text.h"
#include "base/safe_file.h"

#include <sys/stat.h>
#include <unistd.h>

namespace jpki {
namespace {

constexpr std::string_view kKind = "jpki-lock=1";
constexpr std::string_view kSince = "since";
constexpr std::string_view kUp = "up";
constexpr std::size_t kMaxNote = 256;
constexpr mode_t kMode = 0644;

std::string path_of(const std::string& directory, const std::string& session) {
  return directory + "/session-" + session;
}

}  // namespace

std::string text_of(const LockNote& note) {
  RecordWriter writer(kKind);
  writer.field(kSince, note.since);
  writer.field(kUp, note.up_ms);
  return writer.take();
}

std::optional<LockNote> parse_lock_note(std::string_view text) {
  RecordReader reader(text, kKind);
  LockNote note;
  reader.field(kSince, note.since);
  reader.field(kUp, note.up_ms);
  return reader.complete() ? std::optional(note) : std::nullopt;
}

Expected<Unit, std::string> write_lock_note(const std::string& directory, const std::string& session,
                                            const LockNote& note) {
  auto file = AtomicFile::create(path_of(directory, session), kMode);
  if (!file) return Unexpected{file.error()};
  if (auto written = file->write(as_bytes(text_of(note)), 0); !written) return written;
  return file->commit();
}

void remove_lock_note(const std::string& directory, const std::string& session) {
  (void)::unlink(path_of(directory, session).c_str());
}

void remove_all_lock_notes(const std::string& directory) {
  const auto names = list_trusted_directory(directory, "", {.owner = ::geteuid()});
  if (!names) return;
  for (const std::string& name : *names) (void)::unlink((directory + '/' + name).c_str());
}

std::optional<LockNote> read_lock_note(const std::string& directory, const std::string& session) {
  struct stat status {};
  if (::lstat(directory.c_str(), &status) != 0 || !S_ISDIR(status.st_mode)) return std::nullopt;
  const auto text =
      read_trusted_file(path_of(directory, session), {.max_size = kMaxNote, .owner = status.st_uid});
  return text ? parse_lock_note(as_text(*text)) : std::nullopt;
}

}  // namespace jpki
