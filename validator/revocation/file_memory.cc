// SPDX-License-Identifier: LGPL-2.1-or-later
#include "validator/revocation/file_memory.h"

#include "validator/revocation/evidence_cache.h"

#include <charconv>

#include <fmt/format.h>

namespace jpki::revocation {
namespace {

constexpr char kLabel[] = "revoked";
constexpr char kKeyFile[] = "key";  // the mark of the key that named the files
constexpr std::size_t kMaxEntry = 64;
constexpr std::string_view kForGood = "revoked";
constexpr std::string_view kOnHold = "on-hold";

// What a file holds: "revoked NOT-AFTER\n" or "on-hold THIS-UPDATE NOT-AFTER\n", in seconds since 1970.
struct Entry {
  Remembered what = {};
  std::optional<Time> not_after = std::nullopt;  // of the certificate
};

std::string spelled(const Entry& entry) {
  const auto seconds = [](Time time) { return time.time_since_epoch().count(); };
  if (!entry.what.on_hold) return fmt::format("{} {}\n", kForGood, seconds(*entry.not_after));
  return fmt::format("{} {} {}\n", kOnHold, seconds(entry.what.this_update), seconds(*entry.not_after));
}

// " NUMBER" off the beginning of `text`.
std::optional<Time> take_time(std::string_view& text) {
  if (!text.starts_with(' ')) return std::nullopt;
  std::int64_t seconds = 0;
  const auto [end, error] = std::from_chars(text.data() + 1, text.data() + text.size(), seconds);
  if (error != std::errc()) return std::nullopt;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return Time(std::chrono::seconds(seconds));
}

// What cannot be read is for good, and for ever: the file is there because the certificate was revoked.
Entry parse(std::string_view text) {
  Entry entry;
  entry.what.on_hold = text.starts_with(kOnHold);
  if (!entry.what.on_hold && !text.starts_with(kForGood)) return {};
  text.remove_prefix(entry.what.on_hold ? kOnHold.size() : kForGood.size());
  if (entry.what.on_hold) {
    const auto this_update = take_time(text);
    if (!this_update) return {};
    entry.what.this_update = *this_update;
  }
  entry.not_after = take_time(text);
  if (!entry.not_after || text != "\n") return {};
  return entry;
}

}  // namespace

Expected<Unit, std::string> FileMemory::check_key() const {
  const auto mark = directory_.read(kKeyFile, kMaxEntry);
  if (!mark) return Unexpected{mark.error()};
  if (!*mark || as_text(**mark) == directory_.key_mark()) return Unit{};
  return Unexpected{
      std::string("the record of revoked certificates was written with another pseudonym key: put that key "
                  "back, or empty the evidence directory if the CRLs list all of them")};
}

Expected<std::optional<Remembered>, std::string> FileMemory::recall(const x509::Certificate& certificate,
                                                                    const x509::Certificate& issuer) const {
  if (auto key = check_key(); !key) return Unexpected{key.error()};
  const auto entry = directory_.read(directory_.name_of(kLabel, certificate, issuer), kMaxEntry);
  if (!entry) return Unexpected{entry.error()};
  if (!*entry) return std::optional<Remembered>();
  return std::optional(parse(as_text(**entry)).what);
}

Expected<Unit, std::string> FileMemory::remember(const x509::Certificate& certificate,
                                                 const x509::Certificate& issuer, const Remembered& what) {
  const auto known = recall(certificate, issuer);
  if (!known) return Unexpected{known.error()};
  if (*known && (!(*known)->on_hold || (what.on_hold && what.this_update <= (*known)->this_update)))
    return Unit{};
  const std::string name = directory_.name_of(kLabel, certificate, issuer);
  const Entry entry{what, certificate.not_after()};
  const auto write = [&]() -> Expected<Unit, std::string> {
    if (auto marked = directory_.write(kKeyFile, as_bytes(directory_.key_mark())); !marked) return marked;
    return directory_.write(name, as_bytes(spelled(entry)));
  };
  auto written = write();
  if (!written) {
    // On a full disk this is worth more than the answers that were kept.
    EvidenceCache(directory_).clear();
    directory_.release_reserve();
    written = write();
  }
  if (written) forget_expired(what.this_update);
  return written;
}

// What cannot be read or removed stays: that is no reason not to remember.
void FileMemory::forget_expired(Time now) {
  const auto entries = directory_.list(std::string(kLabel) + "-");
  if (!entries) return;
  for (const auto& [name, modified] : *entries) {
    const auto content = directory_.read(name, kMaxEntry);
    if (!content || !*content) continue;
    const Entry entry = parse(as_text(**content));
    if (entry.not_after && *entry.not_after < now) (void)directory_.remove(name);
  }
}

Expected<Unit, std::string> FileMemory::forget_hold(const x509::Certificate& certificate,
                                                    const x509::Certificate& issuer) {
  const auto known = recall(certificate, issuer);
  if (!known) return Unexpected{known.error()};
  if (!*known || !(*known)->on_hold) return Unit{};
  return directory_.remove(directory_.name_of(kLabel, certificate, issuer));
}

Expected<bool, std::string> FileMemory::forget(const x509::Certificate& certificate,
                                               const x509::Certificate& issuer) {
  const auto known = recall(certificate, issuer);
  if (!known) return Unexpected{known.error()};
  if (!*known) return false;
  const auto removed = directory_.remove(directory_.name_of(kLabel, certificate, issuer));
  if (!removed) return Unexpected{removed.error()};
  return true;
}

Expected<std::size_t, std::string> FileMemory::size() const {
  if (auto key = check_key(); !key) return Unexpected{key.error()};
  const auto entries = directory_.list(std::string(kLabel) + "-");
  if (!entries) return Unexpected{entries.error()};
  return entries->size();
}

}  // namespace jpki::revocation
