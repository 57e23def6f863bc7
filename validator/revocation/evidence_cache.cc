// SPDX-License-Identifier: LGPL-2.1-or-later
#include "validator/revocation/evidence_cache.h"

#include "validator/ocsp/ocsp_check.h"

#include <algorithm>

namespace jpki::revocation {
namespace {

constexpr std::string_view kPrefix = "ocsp-";

// Before the answer: a magic number, and until when it counts (seconds since 1970, big-endian).
constexpr std::string_view kMagic = "JPKIEV1\n";
constexpr std::size_t kHeaderSize = 16;

std::string label_of(const std::string& source) {
  return std::string(kPrefix) + source;
}

Blob header(Time counts_until) {
  Blob out = to_blob(as_bytes(kMagic));
  const auto seconds = static_cast<std::uint64_t>(counts_until.time_since_epoch().count());
  for (int shift = 56; shift >= 0; shift -= 8) out.push_back(static_cast<std::uint8_t>(seconds >> shift));
  return out;
}

std::optional<Time> counts_until(Bytes file) {
  if (file.size() < kHeaderSize || as_text(file.first(kMagic.size())) != kMagic) return std::nullopt;
  std::uint64_t seconds = 0;
  for (const std::uint8_t byte : file.subspan(kMagic.size(), 8)) seconds = seconds << 8 | byte;
  return Time(std::chrono::seconds(static_cast<std::int64_t>(seconds)));
}

}  // namespace

bool EvidenceCache::holds(const std::string& source, const x509::Certificate& certificate,
                          const x509::Certificate& issuer, Time now) const {
  const auto head = directory_.read(directory_.name_of(label_of(source), certificate, issuer), kHeaderSize);
  if (!head || !*head) return false;
  const auto until = counts_until(**head);
  return until && now <= *until;
}

std::optional<Blob> EvidenceCache::take(const std::string& source, const x509::Certificate& certificate,
                                        const x509::Certificate& issuer) const {
  auto file = directory_.read(directory_.name_of(label_of(source), certificate, issuer),
                              kHeaderSize + ocsp::kMaxResponseSize);
  if (!file || !*file || !counts_until(**file)) return std::nullopt;
  return to_blob(Bytes(**file).subspan(kHeaderSize));
}

Expected<Unit, std::string> EvidenceCache::keep(const std::string& source,
                                                const x509::Certificate& certificate,
                                                const x509::Certificate& issuer, Bytes answer,
                                                Time counts_until) const {
  if (auto room = make_room(); !room) return room;
  Blob file = header(counts_until);
  append_bytes(file, answer);
  return directory_.write(directory_.name_of(label_of(source), certificate, issuer), file);
}

Expected<Unit, std::string> EvidenceCache::drop(const std::string& source,
                                                const x509::Certificate& certificate,
                                                const x509::Certificate& issuer) const {
  return directory_.remove(directory_.name_of(label_of(source), certificate, issuer));
}

void EvidenceCache::clear() const {
  if (const auto kept = directory_.list(kPrefix))
    for (const auto& [name, modified] : *kept) (void)directory_.remove(name);
}

Expected<Unit, std::string> EvidenceCache::make_room() const {
  const auto kept = directory_.list(kPrefix);
  if (!kept) return Unexpected{kept.error()};
  if (kept->size() < kMaxKept) return Unit{};
  // A quarter at once: not every login is to list and remove.
  for (std::size_t i = 0; i < kept->size() - kMaxKept * 3 / 4; ++i)
    if (auto removed = directory_.remove((*kept)[i].name); !removed) return removed;
  return Unit{};
}

}  // namespace jpki::revocation
