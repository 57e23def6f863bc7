// SPDX-License-Identifier: LGPL-2.1-or-later
#include "validator/engine/candidate.h"

#include <algorithm>

#include <fmt/format.h>

namespace jpki::engine {
namespace {

bool same_object(const Candidate& a, const Candidate& b) {
  return a.token == b.token && std::ranges::equal(a.certificate.der(), b.certificate.der());
}

Refusal refuse_kind(x509::Kind kind) {
  return {x509::refusal_for(kind), fmt::format("certificate of kind {}", x509::name_of(kind))};
}

}  // namespace

Expected<std::vector<std::size_t>, Refusal> login_candidates(std::span<const Candidate> found,
                                                             std::span<const x509::Kind> allowed_kinds) {
  std::vector<std::size_t> places;
  for (std::size_t i = 0; i < found.size(); ++i) {
    const Candidate& candidate = found[i];
    const bool allowed = x509::is_login_kind(candidate.kind) &&
                         std::ranges::find(allowed_kinds, candidate.kind) != allowed_kinds.end();
    const auto known = [&](std::size_t place) { return same_object(found[place], candidate); };
    if (allowed && std::ranges::none_of(places, known)) places.push_back(i);
  }
  if (!places.empty()) return places;
  const auto other =
      std::ranges::find_if(found, [](const Candidate& c) { return c.kind != x509::Kind::kAuthority; });
  if (other == found.end())
    return Unexpected{Refusal{Verdict::kNoLoginCertificate, "no certificate for a person"}};
  return Unexpected{refuse_kind(other->kind)};
}

}  // namespace jpki::engine
