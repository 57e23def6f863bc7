// SPDX-License-Identifier: LGPL-2.1-or-later
#include "validator/succession/registrar.h"

#include "validator/succession/feed.h"
#include "validator/succession/resolver.h"

#include <algorithm>
#include <array>

#include <grp.h>
#include <pwd.h>

namespace jpki::succession {
namespace {

constexpr uid_t kFirstPerson = 1000;
constexpr std::string_view kAdministrators[] = {"root", "wheel", "sudo", "admin", "adm", "docker", "lxd"};
constexpr int kMostGroups = 4096;

std::vector<Claim> ask_sources(const x509::Certificate& certificate, const Question& question,
                               const std::vector<std::string>& names, const Registrar& registrar) {
  std::vector<Claim> claims;
  const config::SuccessionPolicy& policy = registrar.policy;
  if (!policy.feed.empty()) claims.push_back({"feed", Feed(policy.feed, registrar.feed).answer(names)});
  if (!policy.resolver.empty())
    claims.push_back({"resolver", ask_resolver(policy.resolver, resolver_question(certificate, question.kind),
                                               policy.resolver_timeout, registrar.starter, registrar.feed)});
  return claims;
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
    entries.push_back(
        {Entry::State::kPending, registrar.now, until, registered_name(names), found->old_names});
    return true;
  };
  const auto changed = change_overlay(registrar.policy.overlay_directory, registrar.overlay, edit);
  if (!changed) return {false, 0, changed.error()};
  return {true, days_between(registrar.now, until), {}};
}

bool is_ordinary(const std::string& account) {
  const passwd* const entry = ::getpwnam(account.c_str());
  if (entry == nullptr || entry->pw_uid < kFirstPerson) return false;
  std::vector<gid_t> groups(kMostGroups);
  int count = kMostGroups;
  if (::getgrouplist(account.c_str(), entry->pw_gid, groups.data(), &count) < 0) return false;
  groups.resize(static_cast<std::size_t>(count));
  return std::ranges::none_of(kAdministrators, [&](std::string_view name) {
    const group* const found = ::getgrnam(std::string(name).c_str());
    return found != nullptr && std::ranges::find(groups, found->gr_gid) != groups.end();
  });
}

}  // namespace jpki::succession
