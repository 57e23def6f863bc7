// SPDX-License-Identifier: LGPL-2.1-or-later
#include "validator/revocation/crl_directory.h"

#include "validator/crl/crl_check.h"
#include "validator/crl/decoded_crl.h"
#include "validator/crl/mapped_file.h"

#include <algorithm>
#include <deque>

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
Expected<Evidence, RevocationError> conclude(const std::vector<Finding>& findings, Time now) {
  auto culprit = std::ranges::find(findings, Standing::kRevoked, &Finding::standing);
  if (culprit == findings.end())
    culprit = std::ranges::find_if(findings, [](const auto& f) { return f.standing != Standing::kGood; });
  if (culprit != findings.end())
    return Unexpected{error_of(*culprit, static_cast<std::size_t>(culprit - findings.begin()))};
  const auto oldest = std::ranges::min_element(findings, {}, &Finding::this_update);
  return Evidence{"crl", std::max(now - oldest->this_update, std::chrono::seconds(0))};
}

// The CRLs of some files, and why one of them could not be read.
struct Crls {
  std::vector<MappedFile> files;
  std::deque<DecodedCrl> decoded;
  std::vector<const CrlView*> views;
  std::optional<std::string> unreadable;

  void add(const std::string& path, const FileTrust& trust);
};

void Crls::add(const std::string& path, const FileTrust& trust) {
  auto file = MappedFile::open(path, trust);
  auto crl = file ? DecodedCrl::decode(file->bytes()) : Unexpected{file.error().text};
  if (!crl) {
    if (!unreadable) unreadable = file ? path + ": " + crl.error() : crl.error();
    return;
  }
  files.push_back(std::move(*file));
  views.push_back(&decoded.emplace_back(std::move(*crl)));
}

}  // namespace

CrlDirectory::CrlDirectory(std::string directory, crl::CrlPolicy policy, FileTrust files,
                           std::span<const x509::Certificate> signers)
    : directory_(std::move(directory)), policy_(policy), files_(files), signers_(signers) {}

crl::Finding CrlDirectory::find(const x509::Certificate& subject,
                                std::span<const x509::Certificate* const> chain, const trust::Anchor& anchor,
                                Time now) const {
  const auto files = list_trusted_directory(directory_, ".crl", files_);
  if (!files) return {Standing::kNotCovered, files.error().text, {}};
  Crls crls;
  for (const std::string& file : *files) crls.add(directory_ + '/' + file, files_);
  Finding finding = check_crls(subject, chain, crls.views, {signers_, {}, &anchor, policy_, now});
  if (crls.unreadable && finding.standing == Standing::kNotCovered)
    finding = {Standing::kBroken, *crls.unreadable, {}};
  return finding;
}

Expected<Evidence, RevocationError> CrlDirectory::check(const path::VerifiedCertificate& certificate,
                                                        Time now) const {
  const auto files = list_trusted_directory(directory_, ".crl", files_);
  if (!files) {
    const bool missing = files.error().reason == FileError::Reason::kMissing;
    return Unexpected{RevocationError{missing ? Verdict::kRevocationUnknown : Verdict::kRevocationInvalid,
                                      files.error().text}};
  }
  Crls crls;
  for (const std::string& file : *files) crls.add(directory_ + '/' + file, files_);
  auto findings = check_crls(certificate, crls.views, {signers_, {}, &certificate.anchor(), policy_, now});
  for (Finding& finding : findings)
    if (crls.unreadable && finding.standing == Standing::kNotCovered)
      finding = {Standing::kBroken, *crls.unreadable, {}};
  return conclude(findings, now);
}

}  // namespace jpki::revocation
