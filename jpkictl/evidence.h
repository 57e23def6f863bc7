// SPDX-License-Identifier: LGPL-2.1-or-later
//
// The revocation evidence of one `jpkictl validate`, and what a login would make of it: CRLs from files or
// the compiled index, OCSP answers from files in place of the network. The decisions are those of
// validator/revocation.
#pragma once

#include "validator/crl/crl_index.h"
#include "validator/crl/crl_policy.h"
#include "validator/crl/decoded_crl.h"
#include "validator/path/path.h"
#include "validator/revocation/revoked_memory.h"
#include "validator/revocation/sources.h"

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace jpki::ctl {

// What the status of one certificate rests on.
struct EvidenceUsed {
  std::size_t depth;
  std::string source;  // the rule's name
  std::chrono::seconds age;
};

struct StatusReport {
  Verdict verdict = Verdict::kInternal;  // kAccepted: every certificate below the anchor is good
  std::string clause = {};
  std::vector<EvidenceUsed> evidence = {};  // of those of `path` that are good
  // That was taken, or of which `clause` tells why it was not; none: no path validates.
  std::optional<path::VerifiedCertificate> path = std::nullopt;
  std::vector<path::TriedPath> tried = {};  // and refused
};

class Evidence {
 public:
  // A file's DER. One that does not decode is a problem.
  void add_crl(const std::string& file, Blob der);
  // Why some CRLs cannot be used: what is told when a certificate is covered by no other. The first one
  // counts.
  void add_problem(Verdict verdict, std::string why);
  void add_ocsp_response(Blob der) { responses_.push_back(std::move(der)); }
  void use_index(crl::CrlIndex index) { index_.emplace(std::move(index)); }
  // Which certificates a login has once found revoked (R7). Read only: judging remembers nothing.
  void use_memory(std::shared_ptr<const revocation::RevokedMemory> memory) { memory_ = std::move(memory); }

  crl::CrlPolicy crl_policy = {};
  x509::AlgorithmPolicy ocsp_algorithms = {};
  // [[revocation.source]]: which of them count follows from the time. Empty: the given answers, then the
  // CRLs, whatever the hour.
  std::vector<schedule::SourceRule> rules = {};
  std::string segment = {};
  std::string single_extension = {};  // that logins understand in OCSP answers ([succession])
  // By the names of rules, beside those of judge()'s pool.
  revocation::LocalResponders responders = {};

  // Of the path that a login would take from `leaf` over `pool`: untrusted certificates, also for the paths
  // of CRL signers; responders that are not embedded are looked for there, too. With `crls_only` all rules
  // give way to the CRLs. All that is passed must outlive the report.
  StatusReport judge(const x509::Certificate& leaf, std::span<const x509::Certificate> pool,
                     const trust::TrustStore& anchors, const path::PathPolicy& policy, bool crls_only,
                     Time when) const;

 private:
  class Crls;
  class Answers;
  struct Problem {
    Verdict verdict;
    std::string why;
  };
  std::vector<schedule::SourceRule> rules_at(Time when, bool crls_only) const;
  revocation::LocalResponders responders_for(const std::vector<schedule::SourceRule>& asked,
                                             std::span<const x509::Certificate> pool) const;

  std::vector<Blob> bytes_;  // what crls_ are views of
  std::vector<std::unique_ptr<crl::DecodedCrl>> crls_;
  std::vector<Blob> responses_;
  std::optional<crl::CrlIndex> index_;
  std::shared_ptr<const revocation::RevokedMemory> memory_;
  std::optional<Problem> problem_;
};

}  // namespace jpki::ctl
