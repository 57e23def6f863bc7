// SPDX-License-Identifier: LGPL-2.1-or-later
//
// What `jpkictl validate` decides, as a function: a certificate, evidence, rules and a time go in, a report
// comes out. The decisions are those of a login; nothing is decided here but which of them are asked for.
#pragma once

#include "base/verdict.h"
#include "jpkictl/evidence.h"
#include "validator/path/path.h"
#include "validator/trust/trust_store.h"
#include "validator/x509/kind.h"

#include <optional>
#include <string>
#include <vector>

namespace jpki::ctl {

enum class Revocation {
  kNotAsked,
  kAsLogin,   // every certificate by the sources in service
  kCrlsOnly,  // every certificate by CRL
};

struct ValidationRequest {
  x509::Certificate certificate;
  std::vector<x509::Certificate> untrusted = {};
  trust::TrustStore anchors = {};
  path::PathPolicy policy = {};  // policy.kind: what the certificate must be, as classify() tells it
  std::vector<x509::KindRule> kind_rules = {};
  std::vector<x509::Kind> login_kinds = {};  // not empty: what may log in at all
  Revocation revocation = Revocation::kAsLogin;
  Evidence evidence = {};
  Time when = {};
};

// A certificate of the path, from depth 0 up.
struct PathElement {
  std::string subject;  // a person's or an authority's name
};

struct ValidationReport {
  Verdict verdict = Verdict::kInternal;
  std::string clause;
  std::optional<x509::Kind> kind;
  std::string anchor;  // its name in anchors.d, or the file it came from
  std::vector<PathElement> path;
  std::vector<path::TriedPath> tried;
  std::vector<EvidenceUsed> evidence;
};

ValidationReport validate(const ValidationRequest& request);

}  // namespace jpki::ctl
