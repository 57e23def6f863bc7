// SPDX-License-Identifier: LGPL-2.1-or-later
#include "validator/engine/candidate.h"

#include <algorithm>

#include <fmt/format.h>

namespace jpki::engine {
namespace {

bool same_object(const Candidate& a, const Candidate& b) {
  return a.token == b.token && std::ranges::equal(a.certificate.der(), b.certificate.der());
}

bool holds(std::span<const x509::Kind> kinds, x509::Kind kind) {
  return std::ranges::find(kinds, kind) != kinds.end();
}

Refusal refuse_kind(const Candidate& candidate, std::span<const x509::Kind> allowed_kinds) {
  const std::string cause = fmt::format("certificate of kind {}", x509::name_of(candidate.kind));
  if (x509::is_login_kind(candidate.kind) && holds(allowed_kinds, candidate.kind))
    return {Verdict::kKindNotAllowed,
            fmt::format("{}, which [[token]] {} does not admit", cause, candidate.token->rule()->name)};
  return {x509::refusal_for(candidate.kind), cause};
}

}  // namespace

card::PinRule pin_rule_of(const Candidate& candidate) {
  const card::TokenRule* const rule = candidate.token->rule();
  return card::pin_rule_of(candidate.kind, rule != nullptr ? rule->pin : card::PinSettings());
}

bool may_log_in(const Candidate& candidate, std::span<const x509::Kind> allowed_kinds) {
  const card::TokenRule* const rule = candidate.token->rule();
  return x509::is_login_kind(candidate.kind) && holds(allowed_kinds, candidate.kind) &&
         (rule == nullptr || rule->admits(candidate.kind));
}

Expected<std::vector<std::size_t>, Refusal> login_candidates(std::span<const Candidate> found,
                                                             std::span<const x509::Kind> allowed_kinds) {
  std::vector<std::size_t> places;
  for (std::size_t i = 0; i < found.size(); ++i) {
    const Candidate& candidate = found[i];
    const auto known = [&](std::size_t place) { return same_object(found[place], candidate); };
    if (may_log_in(candidate, allowed_kinds) && std::ranges::none_of(places, known)) places.push_back(i);
  }
  if (!places.empty()) return places;
  const auto other =
      std::ranges::find_if(found, [](const Candidate& c) { return c.kind != x509::Kind::kAuthority; });
  if (other == found.end())
    return Unexpected{Refusal{Verdict::kNoLoginCertificate, "no certificate for a person"}};
  return Unexpected{refuse_kind(*other, allowed_kinds)};
}

void drop_copies_without_key(std::vector<Candidate>& candidates) {
  std::vector<bool> dropped(candidates.size());
  for (std::size_t i = 0; i < candidates.size(); ++i) {
    const Candidate& one = candidates[i];
    const auto with_key = [&](const Candidate& other) {
      return other.token != one.token && std::ranges::equal(one.certificate.der(), other.certificate.der()) &&
             other.token->shows_key(other.id);
    };
    dropped[i] = std::ranges::any_of(candidates, with_key) && !one.token->shows_key(one.id);
  }
  std::erase_if(candidates, [&, i = std::size_t{0}](const Candidate&) mutable { return dropped[i++]; });
}

bool is_read_already(std::span<const Candidate> found, const card::Token& token,
                     std::span<const x509::Kind> allowed_kinds) {
  return std::ranges::any_of(found, [&](const Candidate& candidate) {
    return candidate.token->module() != token.module() && candidate.token->reader() == token.reader() &&
           may_log_in(candidate, allowed_kinds);
  });
}

}  // namespace jpki::engine
