// SPDX-License-Identifier: LGPL-2.1-or-later
#include "validator/engine/path_check.h"

#include "validator/engine/card_search.h"

namespace jpki::engine {

Expected<CheckedPath, Refusal> check_path(const Candidate& candidate, const Services& services) {
  const x509::Certificate& leaf = candidate.certificate;
  const path::PathPolicy policy{.initial_policies = x509::policies_of(candidate.kind, services.kind_rules),
                                .explicit_policy = true,
                                .kind = candidate.kind};
  const Time now = services.clock.now();
  std::vector<x509::Certificate> pool;
  auto path = path::validate_path(leaf, services.intermediates, services.anchors, policy, now);
  const bool untrusted = !path && path.error().verdict == Verdict::kCertificateUntrusted;
  if (untrusted && candidate.token != nullptr) {
    // Only now is it worth the card's time to read its CA certificates, as untrusted intermediates.
    pool = read_intermediates(candidate);
    for (const x509::Certificate& known : services.intermediates)
      if (auto copy = x509::Certificate::decode(known.der())) pool.push_back(std::move(*copy));
    path = path::validate_path(leaf, pool, services.anchors, policy, now);
  }
  if (!path) return Unexpected{Refusal{path.error().verdict, path.error().clause}};
  return CheckedPath{std::move(pool), std::move(*path)};
}

}  // namespace jpki::engine
