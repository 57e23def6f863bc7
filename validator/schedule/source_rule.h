// SPDX-License-Identifier: LGPL-2.1-or-later
//
// SourceRule: one [[revocation.source]] of jpki.toml (R7, R8, R14): what is asked about a certificate's
// status, when it is in service, how long an answer counts.
#pragma once

#include "validator/schedule/service_hours.h"

#include <chrono>
#include <string>
#include <vector>

namespace jpki::schedule {

enum class SourceType { kOcsp, kCrl, kCvs };
std::string_view name_of(SourceType type) noexcept;
std::optional<SourceType> source_type_from(std::string_view name) noexcept;
bool needs_network(SourceType type) noexcept;

// kHard: only an answer that was fetched for this login. kCached: one kept from an earlier login will do
// while it is younger than max_age. (A CRL is always "cached": jpki-crl-refresh fetches it.)
enum class Freshness { kHard, kCached };

// R8: OCSP data is refreshed every 15 minutes, so no answer is ever older than that.
inline constexpr std::chrono::minutes kMaxOnlineAge{15};

// As many as one request to jpki-fetch takes, each by GET and by POST.
inline constexpr std::size_t kMaxResponders = 8;

struct SourceRule {
  std::string name;  // for the log and `jpkictl revocation plan`
  SourceType type = SourceType::kCrl;
  std::vector<std::string>
      urls;  // OCSP, CVS: responders; empty: the certificate's own, by the rewriting rules
  ServiceHours hours;
  std::string segment;  // the rule is for terminals of this segment; empty: for all
  bool is_for(std::string_view terminals) const { return segment.empty() || segment == terminals; }
  Freshness freshness = Freshness::kHard;
  std::chrono::milliseconds timeout{3000};
  std::chrono::seconds max_age{kMaxOnlineAge};  // "crl": narrows [revocation] max_age_hours, never widens it
  std::chrono::milliseconds hedge_after{0};  // > 0: the next of `urls` is asked too when this one is silent
  bool by_get = false;          // RFC 5019 5: ask by GET first. Its URL, which servers log, holds the serial
  bool nonce = false;           // send one, and demand it back
  bool sha256_cert_id = false;  // CertID by SHA-256 instead of SHA-1
  std::string responders;       // directory of responder certificates that are not embedded; empty: none
  std::string tls_trust;        // CVS: name in [fetch.tls]
};

}  // namespace jpki::schedule
