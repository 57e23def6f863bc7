// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Sources: what revocation is decided with.
#pragma once

#include "validator/fetch/fetcher.h"
#include "validator/revocation/crl_evidence.h"
#include "validator/revocation/evidence_cache.h"
#include "validator/revocation/revoked_memory.h"
#include "validator/schedule/plan.h"
#include "validator/trust/trust_store.h"

#include <functional>
#include <map>

namespace jpki::revocation {

// Responder certificates that responders do not send, by the name of the rule.
using LocalResponders = std::map<std::string, std::vector<x509::Certificate>>;

// All that is referred to outlives the check.
struct Sources {
  const std::vector<schedule::SourceRule>& rules;
  const std::string& segment;
  const trust::TrustStore& anchors;  // those of function cvs-signer are looked for here
  const CrlEvidence& crls;
  RevokedMemory& memory;
  const EvidenceCache* cache = nullptr;  // without: "cached" is as "hard"
  fetch::Fetcher* fetcher = nullptr;     // without: sources of the network cannot be asked
  const LocalResponders& local_responders;
  std::chrono::seconds clock_skew{std::chrono::minutes(5)};
  x509::AlgorithmPolicy algorithms = {};  // of OCSP answers
  // A single extension of OCSP answers that is understood here, dotted; empty: none (OcspPolicy).
  std::string single_extension = {};
  std::function<void(const std::string&)> alarm = {};  // what an administrator must see, beside the verdict
};

}  // namespace jpki::revocation
