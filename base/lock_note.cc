// SPDX-License-Identifier: LGPL-2.1-or-later
#include "base/lock_note.h"

#include "base/atomic_file.h"
#include "base/safe_file.h"

#include <charconv>

#include <sys/stat.h>
#include <unistd.h>

namespace jpki {
namespace {

constexpr std::string_view kVersion = "jpki-lock=1\n";
constexpr std::string_view kSince = "since=";
constexpr std::string_view kUp = "up=";
constexpr std::size_t kMaxNote = 256;
constexpr mode_t kMode = 0644;

std::string path_of(const std::string& directory, const std::string& session) {
  return directory + "/session-" + session;
}

// The number of the line that begins with `key`, which is taken off.
std::optional<std::uint64_t> take_number(std::string_view& text, std::string_view key) {
  const auto end = text.find('\n');
  if (end == text.npos || !text.starts_with(key)) return std::nullopt;
  const std::string_view digits = text.substr(key.size(), end - key.size());
  text.remove_prefix(end + 1);
  std::uint64_t number = 0;
  const auto [last, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  if (error != std::errc{} || last != digits.data() + digits.size()) return std::nullopt;
  return number;
}

}  // namespace

std::string text_of(const LockNote& note) {
  std::string text(kVersion);
  text.append(kSince).append(std::to_string(note.since)).append("\n");
  text.append(kUp).append(std::to_string(note.up_ms)).append("\n");
  return text;
}

std::optional<LockNote> parse_lock_note(std::string_view text) {
  if (!text.starts_with(kVersion)) return std::nullopt;
  text.remove_prefix(kVersion.size());
  const auto since = take_number(text, kSince);
  const auto up_ms = since ? take_number(text, kUp) : std::nullopt;
  if (!up_ms || !text.empty()) return std::nullopt;
  return LockNote{*since, *up_ms};
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
