// SPDX-License-Identifier: LGPL-2.1-or-later
//
// The certificates of everybody who logs in, as the administrator exported them, and what becomes of them at
// another time (R5).
#pragma once

#include "base/expected.h"
#include "base/verdict.h"
#include "validator/trust/trust_store.h"

#include <string>
#include <vector>

namespace jpki::ctl {

struct FleetMember {
  std::string account;
  std::vector<x509::Certificate> certificates;  // at least one
};

// A directory of ACCOUNT.pem, .crt or .der, or a text file of lines "ACCOUNT PATH". Sorted by account. The
// error names the file, and the line.
Expected<std::vector<FleetMember>, std::string> read_fleet(const std::string& path);

struct FleetRules {
  const trust::TrustStore& anchors;
  const std::vector<x509::Certificate>& intermediates;
  const std::vector<x509::Kind>& login_kinds;
  const std::vector<x509::KindRule>& kind_rules;
};

// How an account fares at one time, by its best certificate. Revocation is not looked at.
struct Fate {
  Verdict verdict;
  std::string clause;  // when refused
  std::string anchor;  // when accepted: where the path ends
  bool old_generation =
      false;  // accepted, but no certificate ends at the newest anchor in force for its kind
};
Fate fate_of(const FleetMember& member, const FleetRules& rules, Time when);

}  // namespace jpki::ctl
