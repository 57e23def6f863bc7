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
constexpr std::string_view kForGood = "revoked\n";
constexpr std::string_view kOnHold = "on-hold ";

std::string spelled(const Remembered& what) {
  if (!what.on_hold) return std::string(kForGood);
  return fmt::format("{}{}\n", kOnHold, what.this_update.time_since_epoch().count());
}

// What cannot be read is for good: the file is there because the certificate was revoked.
Remembered parse(std::string_view text) {
  if (!text.starts_with(kOnHold) || !text.ends_with('\n')) return {};
  std::int64_t seconds = 0;
  text.remove_prefix(kOnHold.size());
  text.remove_suffix(1);
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seconds);
  if (error != std::errc() || end != text.data() + text.size()) return {};
  return {true, Time(std::chrono::seconds(seconds))};
}

}  // namespace

Expected<Unit, std::string> FileMemory::check_key() const {
  const auto mark = directory_.read(kKeyFile, kMaxEntry);
  if (!mark) return Unexpected{mark.error()};
  if (!*mark || as_text(**mark) == directory_.key_mark()) return Unit{};
  return Unexpected{
      std::string("the memory of revoked certificates was written under another pseudonym key: put that "
                  "key back, or empty the evidence directory when the CRLs list all of them")};
}

Expected<std::optional<Remembered>, std::string> FileMemory::recall(const x509::Certificate& certificate,
                                                                    const x509::Certificate& issuer) const {
  if (auto key = check_key(); !key) return Unexpected{key.error()};
  const auto entry = directory_.read(directory_.name_of(kLabel, certificate, issuer), kMaxEntry);
  if (!entry) return Unexpected{entry.error()};
  if (!*entry) return std::optional<Remembered>();
  return std::optional(parse(as_text(**entry)));
}

Expected<Unit, std::string> FileMemory::remember(const x509::Certificate& certificate,
                                                 const x509::Certificate& issuer, const Remembered& what) {
  const auto known = recall(certificate, issuer);
  if (!known) return Unexpected{known.error()};
  if (*known && (!(*known)->on_hold || (what.on_hold && what.this_update <= (*known)->this_update)))
    return Unit{};
  const std::string name = directory_.name_of(kLabel, certificate, issuer);
  const auto write = [&]() -> Expected<Unit, std::string> {
    if (auto marked = directory_.write(kKeyFile, as_bytes(directory_.key_mark())); !marked) return marked;
    return directory_.write(name, as_bytes(spelled(what)));
  };
  if (write()) return Unit{};
  // On a full disk this is worth more than the answers that were kept.
  EvidenceCache(directory_).clear();
  directory_.release_reserve();
  return write();
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
