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

Expected<std::size_t, Refusal> choose_candidate(std::span<const Candidate> found,
                                                std::span<const x509::Kind> allowed_kinds) {
  const auto allowed = [&](const Candidate& c) {
    return x509::is_login_kind(c.kind) && std::ranges::find(allowed_kinds, c.kind) != allowed_kinds.end();
  };
  const auto first = std::ranges::find_if(found, allowed);
  if (first == found.end()) {
    const auto other =
        std::ranges::find_if(found, [](const Candidate& c) { return c.kind != x509::Kind::kAuthority; });
    if (other == found.end())
      return Unexpected{Refusal{Verdict::kNoLoginCertificate, "no certificate for a person"}};
    return Unexpected{refuse_kind(other->kind)};
  }
  const auto rival = std::find_if(first + 1, found.end(),
                                  [&](const Candidate& c) { return allowed(c) && !same_object(*first, c); });
  if (rival != found.end())
    return Unexpected{Refusal{Verdict::kSeveralCards, "more than one login certificate"}};
  return static_cast<std::size_t>(first - found.begin());
}

}  // namespace jpki::engine
