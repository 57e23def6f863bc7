// SPDX-License-Identifier: LGPL-2.1-or-later
//
// The revocation evidence of one `jpkictl validate`, and what it says about a path: CRLs from files or the
// compiled index, OCSP responses from files. The decisions are crl/crl_check.h's and ocsp/ocsp_check.h's.
#pragma once

#include "validator/crl/crl_index.h"
#include "validator/crl/crl_policy.h"
#include "validator/crl/decoded_crl.h"
#include "validator/ocsp/ocsp_check.h"
#include "validator/path/path.h"
#include "validator/revocation/revoked_memory.h"

#include <chrono>
#include <memory>
#include <string>
#include <vector>

namespace jpki::ctl {

// What the status of one certificate rests on.
struct EvidenceUsed {
  std::size_t depth;
  std::string source;  // "crl" or "ocsp"
  std::chrono::seconds age;
};

struct StatusReport {
  Verdict verdict = Verdict::kInternal;  // kAccepted: every certificate below the anchor is good
  std::string clause;
  std::vector<EvidenceUsed> evidence;  // of those that are good
};

class Evidence {
 public:
  // A file's DER. One that does not decode is a problem.
  void add_crl(const std::string& file, Blob der);
  // Why some evidence cannot be used: the answer when a certificate is covered by nothing else. The first one
  // counts.
  void add_problem(Verdict verdict, std::string why);
  void add_ocsp_response(Blob der) { responses_.push_back(std::move(der)); }
  void use_index(crl::CrlIndex index) { index_.emplace(std::move(index)); }
  // Which certificates a login has once found revoked (R7). Read only: judging remembers nothing.
  void use_memory(std::shared_ptr<const revocation::RevokedMemory> memory) { memory_ = std::move(memory); }

  crl::CrlPolicy crl_policy = {};
  ocsp::OcspPolicy ocsp_policy = {};

  // `pool`: untrusted certificates, for the paths of CRL signers; responders that are not embedded are looked
  // for there, too. The leaf's OCSP responses count unless `crls_only`.
  StatusReport judge(const path::VerifiedCertificate& path, std::span<const x509::Certificate> pool,
                     std::span<const trust::Anchor> anchors, bool crls_only, Time when) const;

 private:
  struct Gathered;
  // What the memory knows of each certificate below the anchor; an error refuses the whole path.
  Expected<std::vector<std::optional<revocation::Remembered>>, std::string> recall(
      const path::VerifiedCertificate& path) const;
  Gathered gather(const path::VerifiedCertificate& path) const;

  std::vector<Blob> bytes_;  // what crls_ are views of
  std::vector<std::unique_ptr<crl::DecodedCrl>> crls_;
  std::vector<Blob> responses_;
  std::optional<crl::CrlIndex> index_;
  std::shared_ptr<const revocation::RevokedMemory> memory_;
  struct Problem {
    Verdict verdict;
    std::string why;
  };
  std::optional<Problem> problem_;
};

}  // namespace jpki::ctl
