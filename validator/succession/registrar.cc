// SPDX-License-Identifier: LGPL-2.1-or-later
#include "validator/succession/registrar.h"

#include "validator/succession/feed.h"
#include "validator/succession/resolver.h"

#include <algorithm>

namespace jpki::succession {
namespace {

std::vector<Claim> ask_sources(const x509::Certificate& certificate, const Question& question,
                               const std::vector<std::string>& names, const Registrar& registrar) {
  std::vector<Claim> claims;
  const config::SuccessionPolicy& policy = registrar.policy;
  if (!policy.feed.empty()) claims.push_back({"feed", Feed(policy.feed, registrar.feed).answer(names)});
  if (!policy.resolver.empty())
    claims.push_back({"resolver", ask_resolver(policy.resolver, resolver_question(certificate, question.kind),
                                               policy.resolver_timeout, registrar.starter, registrar.feed)});
  if (registrar.ocsp) claims.push_back({"ocsp", registrar.ocsp(certificate, question.kind)});
  return claims;
}

Blob kept(const Blob& certificate) {
  return certificate.size() <= kMaxEntryCertificate ? certificate : Blob();
}

std::uint8_t days_between(Time now, Time until) {
  const auto left = std::chrono::ceil<std::chrono::days>(until - now).count();
  return static_cast<std::uint8_t>(std::clamp<decltype(left)>(left, 0, UINT8_MAX));
}

}  // namespace

Reply register_successor(const Question& question, const Registrar& registrar) {
  const auto certificate = x509::Certificate::decode(question.certificate);
  if (!certificate) return {false, 0, "the certificate cannot be decoded: " + certificate.error()};
  const auto names = names_of(*certificate, question.kind);
  const auto claims = ask_sources(*certificate, question, names, registrar);
  Time until = registrar.now + registrar.policy.overlap;
  const auto edit = [&](std::vector<Entry>& entries) -> Expected<bool, std::string> {
    const auto found = decide({.kind = question.kind,
                               .names = names,
                               .issuer = issuer_of(*certificate),
                               .claims = claims,
                               .named = question.account,
                               .accounts = registrar.accounts,
                               .overlay = entries,
                               .ordinary = registrar.ordinary});
    if (!found) return Unexpected{found.error()};
    if (const Entry* const known = pending_of(entries, names)) {
      until = known->until;  // two logins at once
      return false;
    }
    if (entries.size() == kMostEntries)
      return Unexpected{std::string("the overlay is full; decide with jpkictl card pending")};
    entries.push_back({.state = Entry::State::kPending,
                       .since = registrar.now,
                       .until = until,
                       .new_name = registered_name(names),
                       .old_names = found->old_names,
                       .certificate = kept(question.certificate)});
    return true;
  };
  const auto changed = change_overlay(registrar.policy.overlay_directory, registrar.overlay, edit);
  if (!changed) return {false, 0, changed.error()};
  return {true, days_between(registrar.now, until), {}};
}

}  // namespace jpki::succession
