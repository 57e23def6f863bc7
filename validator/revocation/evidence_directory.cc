// SPDX-License-Identifier: LGPL-2.1-or-later
#include "validator/revocation/evidence_directory.h"

#include "base/whole_transfer.h"
#include "validator/x509/keyed_hash.h"
#include "validator/x509/public_key.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>

#include <dirent.h>
#include <fcntl.h>
#include <sys/random.h>
#include <sys/stat.h>

namespace jpki::revocation {
namespace {

constexpr std::size_t kNameBytes = 16;
constexpr char kTemporary[] = ".new-";
constexpr std::chrono::hours kAbandonedAfter{1};  // no login takes so long
constexpr char kReserve[] = "reserve";
constexpr off_t kReserveSize = off_t{64} * 1024;
constexpr char kRemedy[] = "; run: systemd-tmpfiles --create jpki.conf";

std::string name_from(const std::optional<x509::KeyedHash>& hash) {
  return hash ? to_hex(Bytes(*hash).first(kNameBytes)) : std::string();
}

// Empty when only the user who asks can reach into it.
std::string defect_of(int directory, const std::string& path) {
  struct stat info {};
  if (::fstat(directory, &info) != 0) return path + ": " + std::strerror(errno);
  if (info.st_uid != ::geteuid()) return path + ": belongs to another user" + kRemedy;
  if ((info.st_mode & (S_IRWXG | S_IRWXO)) != 0) return path + ": open to other users" + kRemedy;
  return {};
}

// Two logins may write the same file at the same time.
std::string temporary_name() {
  std::array<std::uint8_t, 8> number{};
  if (::getrandom(number.data(), number.size(), 0) != static_cast<ssize_t>(number.size())) return {};
  return kTemporary + to_hex(number);
}

}  // namespace

EvidenceDirectory::EvidenceDirectory(const std::string& path, Blob key)
    : path_(path),
      key_(std::move(key)),
      directory_(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)) {
  if (!directory_.valid()) {
    problem_ = path + ": " + std::strerror(errno) + kRemedy;
  } else if (key_.empty()) {
    problem_ =
        path +
        ": without the site's pseudonym key its files cannot be named; create the key at [log] pseudonym_key";
  } else {
    problem_ = defect_of(directory_.get(), path);
  }
}

EvidenceDirectory EvidenceDirectory::of_logins() const {
  if (problem_.empty()) (void)::mkdirat(directory_.get(), kOfLogins, S_IRWXU);
  return {path_ + '/' + kOfLogins, key_};
}

std::optional<EvidenceDirectory> EvidenceDirectory::of_logins_if_any() const {
  if (!problem_.empty() || ::faccessat(directory_.get(), kOfLogins, F_OK, 0) != 0) return std::nullopt;
  return EvidenceDirectory(path_ + '/' + kOfLogins, key_);
}

std::string EvidenceDirectory::name_of(const std::string& label, const x509::Certificate& certificate,
                                       const x509::Certificate& issuer) const {
  return name_of(label, certificate.serial(), issuer);
}

std::string EvidenceDirectory::name_of(const std::string& label, Bytes serial,
                                       const x509::Certificate& issuer) const {
  const Blob issuer_key = x509::usual_key_encoding(issuer.subject_public_key_info());
  return label + "-" +
         name_from(
             x509::keyed_hash_of_fields(key_, {as_bytes("evidence"), as_bytes(label), issuer_key, serial}));
}

std::string EvidenceDirectory::key_mark() const {
  return name_from(x509::keyed_hash_of_fields(key_, {as_bytes("key mark")}));
}

Unexpected<std::string> EvidenceDirectory::failed(const std::string& name) const {
  // The name is a pseudonym, and says nothing to who reads the log.
  return Unexpected{path_ + "/" + name.substr(0, name.find_last_of('-')) + ": " + std::strerror(errno)};
}

Expected<std::optional<Blob>, std::string> EvidenceDirectory::read(const std::string& name,
                                                                   std::size_t max_size) const {
  if (!problem_.empty()) return Unexpected{problem_};
  const UniqueFd fd(::openat(directory_.get(), name.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
  if (!fd.valid() && errno == ENOENT) return std::optional<Blob>();
  if (!fd.valid()) return failed(name);
  Blob content(max_size);
  const auto size = read_up_to(fd.get(), content);
  if (!size) return failed(name);
  content.resize(*size);
  return std::optional(std::move(content));
}

Expected<Unit, std::string> EvidenceDirectory::write(const std::string& name, Bytes content) const {
  if (!problem_.empty()) return Unexpected{problem_};
  const std::string temporary = temporary_name();
  const UniqueFd fd(::openat(directory_.get(), temporary.c_str(),
                             O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, S_IRUSR | S_IWUSR));
  if (!fd.valid()) return failed(name);
  const bool written = write_all(fd.get(), content) && ::fsync(fd.get()) == 0 &&
                       ::renameat(directory_.get(), temporary.c_str(), directory_.get(), name.c_str()) == 0 &&
                       ::fsync(directory_.get()) == 0;
  if (!written) {
    auto error = failed(name);
    ::unlinkat(directory_.get(), temporary.c_str(), 0);
    return error;
  }
  struct stat info {};
  if (::fstat(fd.get(), &info) == 0) remove_abandoned(Time(std::chrono::seconds(info.st_mtime)));
  return Unit{};
}

void EvidenceDirectory::remove_abandoned(Time now) const {
  const auto temporary = list(kTemporary);
  if (!temporary) return;
  for (const Entry& entry : *temporary)
    if (entry.modified + kAbandonedAfter < now) ::unlinkat(directory_.get(), entry.name.c_str(), 0);
}

Expected<Unit, std::string> EvidenceDirectory::keep_reserve() const {
  if (!problem_.empty()) return Unexpected{problem_};
  const UniqueFd fd(
      ::openat(directory_.get(), kReserve, O_WRONLY | O_CREAT | O_NOFOLLOW | O_CLOEXEC, S_IRUSR | S_IWUSR));
  struct stat info {};
  if (!fd.valid() || ::fstat(fd.get(), &info) != 0) return failed(kReserve);
  if (info.st_size >= kReserveSize) return Unit{};
  errno = ::posix_fallocate(fd.get(), 0, kReserveSize);
  if (errno != 0) return failed(kReserve);
  return Unit{};
}

void EvidenceDirectory::release_reserve() const {
  if (problem_.empty()) ::unlinkat(directory_.get(), kReserve, 0);
}

Expected<Unit, std::string> EvidenceDirectory::remove(const std::string& name) const {
  if (!problem_.empty()) return Unexpected{problem_};
  if (::unlinkat(directory_.get(), name.c_str(), 0) != 0 && errno != ENOENT) return failed(name);
  return Unit{};
}

Expected<Unit, std::string> EvidenceDirectory::move(const std::string& name,
                                                    const EvidenceDirectory& to) const {
  if (!problem_.empty() || !to.problem_.empty()) return Unexpected{problem_ + to.problem_};
  if (::renameat(directory_.get(), name.c_str(), to.directory_.get(), name.c_str()) != 0 ||
      ::fsync(to.directory_.get()) != 0)
    return failed(name);
  return Unit{};
}

Expected<std::vector<EvidenceDirectory::Entry>, std::string> EvidenceDirectory::list(
    std::string_view prefix) const {
  if (!problem_.empty()) return Unexpected{problem_};
  UniqueFd fd(::openat(directory_.get(), ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!fd.valid()) return failed("");
  const std::unique_ptr<DIR, decltype([](DIR* d) { ::closedir(d); })> stream(::fdopendir(fd.get()));
  if (!stream) return failed("");
  (void)fd.release();
  std::vector<Entry> entries;
  while (const dirent* entry = ::readdir(stream.get())) {
    struct stat info {};
    const std::string name(entry->d_name);
    if (!name.starts_with(prefix) ||
        ::fstatat(directory_.get(), name.c_str(), &info, AT_SYMLINK_NOFOLLOW) != 0)
      continue;
    if (S_ISREG(info.st_mode)) entries.push_back({name, Time(std::chrono::seconds(info.st_mtime))});
  }
  std::ranges::sort(entries, {}, &Entry::modified);
  return entries;
}

}  // namespace jpki::revocation
