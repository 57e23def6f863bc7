// SPDX-License-Identifier: LGPL-2.1-or-later
#include "validator/revocation/indexed_crls.h"

#include <sys/stat.h>

namespace jpki::revocation {

Expected<std::deque<crl::IndexedCrl>, std::string> candidates(const crl::CrlIndex& index,
                                                              const x509::Certificate& subject,
                                                              const x509::Certificate& issuer,
                                                              std::span<const x509::Certificate> pool) {
  std::deque<crl::IndexedCrl> crls;
  const auto add = [&](const x509::Certificate& certificate, const x509::Certificate& its_issuer) {
    auto found = index.candidates(certificate, its_issuer);
    if (!found) return found.error();
    for (crl::IndexedCrl& crl : *found) crls.push_back(std::move(crl));
    return std::string();
  };
  std::string damage = add(subject, issuer);
  for (const x509::Certificate& certificate : pool)
    if (damage.empty()) damage = add(certificate, certificate);
  if (!damage.empty()) return Unexpected{std::move(damage)};
  return crls;
}

IndexedCrls::IndexedCrls(const std::string& path, std::span<const x509::Certificate> pool,
                         std::span<const trust::Anchor> anchors, const crl::CrlPolicy& policy,
                         const FileTrust& trust)
    : pool_(pool), anchors_(anchors), policy_(policy) {
  auto index = crl::CrlIndex::open(path, trust);
  if (index) {
    index_.emplace(std::move(*index));
    struct stat file {};
    if (::stat(path.c_str(), &file) == 0) written_ = Time(std::chrono::seconds(file.st_mtim.tv_sec));
    return;
  }
  const bool missing = index.error().reason == FileError::Reason::kMissing;
  problem_.standing = missing ? crl::Standing::kNotCovered : crl::Standing::kBroken;
  problem_.clause = index.error().text;
}

crl::Finding IndexedCrls::find(const x509::Certificate& subject,
                               std::span<const x509::Certificate* const> chain, const trust::Anchor& anchor,
                               Time now) const {
  if (!index_) return problem_;
  const auto crls = candidates(*index_, subject, *chain.front(), pool_);
  if (!crls) return {crl::Standing::kBroken, crls.error(), {}};
  std::vector<const crl::CrlView*> views;
  for (const crl::IndexedCrl& crl : *crls) views.push_back(&crl);
  crl::Finding finding = crl::check_crls(subject, chain, views, {pool_, anchors_, &anchor, policy_, now});
  if (finding.standing == crl::Standing::kRevoked || !(finding.from_future || clock_is_behind(now)))
    return finding;
  return {.standing = crl::Standing::kBroken,
          .clause =
              "the CRL index is from the future: this machine's clock is slow; set it, or if it is right "
              "by now, run: jpki-crl-refresh",
          .from_future = finding.from_future};
}

}  // namespace jpki::revocation
