// SPDX-License-Identifier: LGPL-2.1-or-later
#include "emergency/store.h"

#include "base/directory_lock.h"
#include "base/printable.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <type_traits>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace jpki::emergency {
namespace {

constexpr std::size_t kMaxRecord = 8192;
constexpr mode_t kMode = 0600;
constexpr std::string_view kCodePrefix = "code-";

template <class Record>
constexpr std::string_view kPrefix;
template <>
constexpr std::string_view kPrefix<Issue> = kCodePrefix;
template <>
constexpr std::string_view kPrefix<Pending> = "challenge-";
template <>
constexpr std::string_view kPrefix<Tries> = "tries-";
template <>
constexpr std::string_view kPrefix<Used> = "used-";

std::string failed(const std::string& path) {
  return path + ": " + std::strerror(errno);
}

template <class Record>
Expected<Record, std::string> parsed(const std::string& path, const Blob& content) {
  auto record = parse<Record>(as_text(content));
  if (!record) return Unexpected{path + ": not what this program writes; remove it"};
  return std::move(*record);
}

Expected<Unit, std::string> sync_directory(const std::string& path) {
  const UniqueFd directory(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!directory.valid() || ::fsync(directory.get()) != 0) return Unexpected{failed(path)};
  return Unit{};
}

}  // namespace

Store::Store(std::string codes, std::string history, FileTrust trust)
    : codes_(std::move(codes)), history_(std::move(history)), trust_(trust) {
  trust_.secret = true;
  trust_.max_size = kMaxRecord;
}

template <class Record>
std::string Store::path(uid_t uid) const {
  const std::string& directory = std::is_same_v<Record, Used> ? history_ : codes_;
  return directory + '/' + std::string(kPrefix<Record>) + std::to_string(uid);
}

Expected<UniqueFd, std::string> Store::lock(std::chrono::milliseconds patience) const {
  auto locked = lock_directory(codes_, patience);
  if (!locked)
    return Unexpected{codes_ + ": " + std::strerror(locked.error()) +
                      (locked.error() == ENOENT ? "; run: systemd-tmpfiles --create jpki.conf" : "")};
  return std::move(*locked);
}

template <class Record>
Expected<std::optional<Record>, std::string> Store::read(uid_t uid) const {
  const std::string file = path<Record>(uid);
  const auto content = read_trusted_file(file, trust_);
  if (!content && content.error().reason == FileError::Reason::kMissing) return std::optional<Record>();
  if (!content) return Unexpected{content.error().text};
  auto record = parsed<Record>(file, *content);
  if (!record) return Unexpected{record.error()};
  return std::optional(std::move(*record));
}

template <class Record>
Expected<Unit, std::string> Store::write(uid_t uid, const Record& record) const {
  auto file = AtomicFile::create(path<Record>(uid), kMode);
  if (!file) return Unexpected{file.error()};
  const std::string text = text_of(record);
  if (auto written = file->write(as_bytes(text), 0); !written) return written;
  return file->commit();
}

template <class Record>
Expected<bool, std::string> Store::remove(uid_t uid) const {
  const std::string file = path<Record>(uid);
  if (::unlink(file.c_str()) != 0) {
    if (errno == ENOENT) return false;
    return Unexpected{failed(file)};
  }
  if (auto synced = sync_directory(std::is_same_v<Record, Used> ? history_ : codes_); !synced)
    return Unexpected{synced.error()};
  return true;
}

Expected<std::vector<Issue>, std::string> Store::issues() const {
  const auto directory = TrustedDirectory::open(codes_, trust_);
  if (!directory) return Unexpected{directory.error().text};
  const auto names = directory->list("");
  if (!names) return Unexpected{names.error().text};
  std::vector<Issue> found;
  for (const std::string& name : *names) {
    if (!name.starts_with(kCodePrefix)) continue;
    const auto content = directory->read(name);
    if (!content && content.error().reason == FileError::Reason::kMissing) continue;  // used meanwhile
    if (!content) return Unexpected{content.error().text};
    auto issue = parsed<Issue>(directory->path_of(name), *content);
    if (!issue) return Unexpected{issue.error()};
    found.push_back(std::move(*issue));
  }
  std::ranges::sort(found, {}, &Issue::uid);
  return found;
}

Expected<Unit, std::string> Store::add_to_register(const std::string& line) const {
  const std::string file = history_ + "/register";
  const UniqueFd fd(::open(file.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW | O_CLOEXEC, kMode));
  if (!fd.valid()) return Unexpected{failed(file)};
  const std::string whole = printable(line) + '\n';
  const ssize_t written = ::write(fd.get(), whole.data(), whole.size());
  if (written >= 0 && written != static_cast<ssize_t>(whole.size())) errno = ENOSPC;
  if (written != static_cast<ssize_t>(whole.size()) || ::fsync(fd.get()) != 0)
    return Unexpected{failed(file)};
  return Unit{};
}

// The records that there are.
#define JPKI_FOR_RECORD(Record)                                                           \
  template Expected<std::optional<Record>, std::string> Store::read<Record>(uid_t) const; \
  template Expected<Unit, std::string> Store::write(uid_t, const Record&) const;          \
  template Expected<bool, std::string> Store::remove<Record>(uid_t) const
JPKI_FOR_RECORD(Issue);
JPKI_FOR_RECORD(Pending);
JPKI_FOR_RECORD(Tries);
JPKI_FOR_RECORD(Used);
#undef JPKI_FOR_RECORD

}  // namespace jpki::emergency
