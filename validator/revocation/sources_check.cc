// SPDX-License-Identifier: LGPL-2.1-or-later
#include "validator/revocation/sources_check.h"

#include <algorithm>

namespace jpki::revocation {

namespace {

// Of several refusals the weightiest is told: the person's own certificate, an authority's, and then what
// could not be told.
int weight(Verdict verdict) {
  if (verdict == Verdict::kRevoked) return 2;
  return verdict == Verdict::kIssuerRevoked ? 1 : 0;
}

}  // namespace

Expected<bool, RevocationError> SourcesCheck::look(const path::VerifiedCertificate& path, Time now) {
  inquiries_.clear();
  planned_.clear();
  for (std::size_t depth = 0; depth < path.chain().size(); ++depth)
    inquiries_.push_back(std::make_unique<Inquiry>(sources_, path, depth));
  // What is revoked is found for the whole path before anybody is asked about any of it.
  for (const auto& inquiry : inquiries_)
    if (auto good = inquiry->recall(); !good) return Unexpected{std::move(good).error()};
  for (const auto& inquiry : inquiries_)
    if (auto good = inquiry->look_at_crls(now); !good) return Unexpected{std::move(good).error()};
  planned_ = schedule::plan(sources_.rules, sources_.segment, now);
  return std::all_of(inquiries_.begin() + 1, inquiries_.end(),
                     [&](const auto& authority) { return authority->good_by_crl(planned_, now); });
}

Expected<Unit, RevocationError> SourcesCheck::begin(Time now) {
  const bool clock_behind =
      sources_.crls.clock_is_behind(now) ||
      std::ranges::any_of(inquiries_, [](const auto& inquiry) { return inquiry->clock_is_behind(); });
  for (const auto& inquiry : inquiries_)
    if (auto asked = inquiry->ask(planned_, now, clock_behind); !asked) return asked;
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
      if (!refusal || weight(good.error().verdict) > weight(refusal->verdict))
        refusal = std::move(good.error());
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
