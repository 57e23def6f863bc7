// SPDX-License-Identifier: LGPL-2.1-or-later
#include "validator/engine/path_check.h"

#include "validator/engine/card_search.h"
#include "validator/revocation/path_choice.h"

namespace jpki::engine {
namespace {

// Only then is it worth the card's time to read its CA certificates, as untrusted intermediates.
bool card_may_help(const path::PathError& error) {
  return !error.by_caller &&
         (error.verdict == Verdict::kCertificateUntrusted || error.verdict == Verdict::kIssuerExpired);
}

}  // namespace

Expected<CheckedPath, PathRefusal> check_path(const Candidate& candidate, const Services& services,
                                              revocation::RevocationCheck* revocation) {
  const x509::Certificate& leaf = candidate.certificate;
  const path::PathPolicy policy{.initial_policies = x509::policies_of(candidate.kind, services.kind_rules),
                                .explicit_policy = true,
                                .kind = candidate.kind};
  const Time now = services.clock.now();
  const auto find_path = [&](const std::vector<x509::Certificate>& over) {
    return revocation == nullptr
               ? path::validate_path(leaf, over, services.anchors, policy, now)
               : revocation::choose_path(leaf, over, services.anchors, policy, now, *revocation);
  };
  std::vector<x509::Certificate> pool;
  auto path = find_path(services.intermediates);
  if (!path && candidate.token != nullptr && card_may_help(path.error())) {
    pool = read_intermediates(candidate);
    for (const x509::Certificate& known : services.intermediates)
      if (auto copy = x509::Certificate::decode(known.der())) pool.push_back(std::move(*copy));
    path = find_path(pool);
  }
  if (!path)
    return Unexpected{PathRefusal{
        {path.error().verdict, path.error().clause}, path.error().anchor, path.error().by_caller}};
  return CheckedPath{std::move(pool), std::move(*path)};
}

}  // namespace jpki::engine
