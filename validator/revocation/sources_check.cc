// SPDX-License-Identifier: LGPL-2.1-or-later
#include "validator/revocation/sources_check.h"

#include <algorithm>

namespace jpki::revocation {

Expected<Unit, RevocationError> SourcesCheck::begin(const path::VerifiedCertificate& certificate, Time now) {
  inquiries_.clear();
  for (std::size_t depth = 0; depth < certificate.chain().size(); ++depth)
    inquiries_.push_back(std::make_unique<Inquiry>(sources_, certificate, depth));
  // What is revoked is found for the whole path before anybody is asked about any of it.
  for (const auto& inquiry : inquiries_)
    if (auto good = inquiry->recall(); !good) return good;
  for (const auto& inquiry : inquiries_)
    if (auto good = inquiry->look_at_crls(now); !good) return good;
  const bool clock_behind =
      sources_.crls.clock_is_behind(now) ||
      std::ranges::any_of(inquiries_, [](const auto& inquiry) { return inquiry->clock_is_behind(); });
  const auto planned = schedule::plan(sources_.rules, sources_.segment, now);
  for (const auto& inquiry : inquiries_)
    if (auto asked = inquiry->ask(planned, now, clock_behind); !asked) return asked;
  return Unit{};
}

Expected<Evidence, RevocationError> SourcesCheck::conclude(Time now) {
  evidence_.clear();
  Evidence all{{}, std::chrono::seconds(0)};
  std::optional<RevocationError> refusal;
  for (const auto& inquiry : inquiries_) {
    auto good = inquiry->conclude(now);
    evidence_.push_back(good ? std::optional(*good) : std::nullopt);
    if (!good) {
      // Revoked outweighs what could not be told of another certificate.
      if (!refusal || good.error().verdict == Verdict::kRevoked) refusal = std::move(good.error());
      continue;
    }
    if (evidence_.size() == 1) all.carried = good->carried;
    if (all.source.find(good->source) == std::string::npos)
      all.source += (all.source.empty() ? "" : "+") + good->source;
    all.age = std::max(all.age, good->age);
    all.by_crl = all.by_crl || good->by_crl;
  }
  if (refusal) return Unexpected{std::move(*refusal)};
  if (all.source.empty())
    return Unexpected{RevocationError{Verdict::kInternal, "the revocation check was not begun"}};
  return all;
}

std::vector<SourceTrace> SourcesCheck::trace() const {
  std::vector<SourceTrace> traces;
  for (const auto& inquiry : inquiries_)
    for (SourceTrace& trace : inquiry->trace()) traces.push_back(std::move(trace));
  return traces;
}

}  // namespace jpki::revocation
