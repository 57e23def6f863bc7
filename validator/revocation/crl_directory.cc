// SPDX-License-Identifier: LGPL-2.1-or-later
#include "validator/revocation/crl_directory.h"

#include "validator/crl/crl_check.h"
#include "validator/crl/mapped_file.h"

#include <algorithm>

namespace jpki::revocation {
namespace {

using namespace crl;

RevocationError error_of(const Finding& finding, std::size_t depth) {
  const std::string clause = finding.clause + ", depth " + std::to_string(depth);
  switch (finding.standing) {
    case Standing::kRevoked:
      return {Verdict::kRevoked, clause};
    case Standing::kStale:
      return {Verdict::kRevocationStale, clause};
    case Standing::kBroken:
      return {Verdict::kRevocationInvalid, clause};
    case Standing::kNotCovered:
      return {Verdict::kRevocationUnknown, clause};
    case Standing::kGood:
      break;
  }
  return {Verdict::kInternal, clause};
}

// Revoked anywhere on the path first; else the first certificate, from the leaf, that is not known to be
// good.
Expected<Evidence, RevocationError> conclude(const std::vector<CrlCheck>& checks, Time now) {
  const auto has = [](Standing standing) {
    return [standing](const CrlCheck& check) { return check.finding().standing == standing; };
  };
  auto culprit = std::ranges::find_if(checks, has(Standing::kRevoked));
  if (culprit == checks.end()) culprit = std::ranges::find_if_not(checks, has(Standing::kGood));
  if (culprit != checks.end())
    return Unexpected{error_of(culprit->finding(), static_cast<std::size_t>(culprit - checks.begin()))};
  const auto oldest =
      std::ranges::min_element(checks, {}, [](const CrlCheck& check) { return check.finding().this_update; });
  return Evidence{"crl", std::max(now - oldest->finding().this_update, std::chrono::seconds(0))};
}

Expected<Unit, std::string> consider_file(const std::string& path, const FileTrust& trust,
                                          std::vector<CrlCheck>& checks) {
  const auto file = MappedFile::open(path, trust);
  if (!file) return Unexpected{file.error().text};
  const auto crl = decode_crl(file->bytes());
  if (!crl) return Unexpected{path + ": " + crl.error()};
  for (CrlCheck& check : checks) check.consider(*crl);
  return Unit{};
}

}  // namespace

CrlDirectory::CrlDirectory(std::string directory, crl::CrlPolicy policy, FileTrust files)
    : directory_(std::move(directory)), policy_(std::move(policy)), files_(files) {}

Expected<Evidence, RevocationError> CrlDirectory::check(const path::VerifiedCertificate& certificate,
                                                        Time now) const {
  const auto files = list_trusted_directory(directory_, ".crl", files_);
  if (!files) {
    const bool missing = files.error().reason == FileError::Reason::kMissing;
    return Unexpected{RevocationError{missing ? Verdict::kRevocationUnknown : Verdict::kRevocationInvalid,
                                      files.error().text}};
  }
  std::vector<CrlCheck> checks;
  const x509::Certificate* subject = &certificate.leaf();
  for (const x509::Certificate* issuer : certificate.chain()) {
    checks.emplace_back(*subject, *issuer, policy_, now);
    subject = issuer;
  }
  for (const std::string& file : *files) {
    const auto read = consider_file(directory_ + '/' + file, files_, checks);
    if (read) continue;
    for (CrlCheck& check : checks) check.consider_unreadable(read.error());
  }
  return conclude(checks, now);
}

}  // namespace jpki::revocation
