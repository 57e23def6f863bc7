// SPDX-License-Identifier: LGPL-2.1-or-later
#include "validator/succession/known_certificates.h"

#include <algorithm>

namespace jpki::succession {
namespace {

constexpr char kLabel[] = "card";
constexpr char kPrefix[] = "card-";

}  // namespace

Expected<Unit, std::string> KnownCertificates::keep(const x509::Certificate& certificate,
                                                    const x509::Certificate& issuer, Time now) const {
  if (certificate.der().size() > kMaxSize) return Unit{};
  const auto known = find(certificate.serial(), issuer);
  const bool same = known && std::ranges::equal(*known, certificate.der());
  if (!same)
    if (auto room = make_room(now); !room) return room;
  return directory_.write(directory_.name_of(kLabel, certificate, issuer), certificate.der());
}

std::optional<Blob> KnownCertificates::find(Bytes serial, const x509::Certificate& issuer) const {
  auto file = directory_.read(directory_.name_of(kLabel, serial, issuer), kMaxSize);
  return file ? std::move(*file) : std::nullopt;
}

Expected<Unit, std::string> KnownCertificates::make_room(Time now) const {
  const auto names = directory_.list(kPrefix);
  if (!names) return Unexpected{names.error()};
  std::size_t left = names->size();
  for (const auto& [name, modified] : *names) {
    const auto file = directory_.read(name, kMaxSize);
    const auto certificate =
        file && *file ? x509::Certificate::decode(**file) : Unexpected{std::string("unreadable")};
    const bool stays = certificate && now <= certificate->not_after() + kKeptAfterExpiry;
    if (stays && left < kMostKept) continue;
    if (auto removed = directory_.remove(name); !removed) return removed;
    --left;
  }
  return Unit{};
}

}  // namespace jpki::succession
