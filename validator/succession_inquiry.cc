// SPDX-License-Identifier: LGPL-2.1-or-later
#include "validator/succession_inquiry.h"

#include "base/sandbox/confinement.h"
#include "validator/revocation/path_choice.h"
#include "validator/succession/overlay.h"

#include <algorithm>

namespace jpki {
namespace {

using succession::Answer;

Installation& with_rules_of_inquiry(Installation& installation) {
  installation.config.sources = rules_of_inquiry(std::move(installation.config.sources));
  return installation;
}

Answer failed(std::string why) {
  return {Answer::Kind::kFailed, {}, std::move(why)};
}

// "platform: RFC 6960 4.2.2.1: nextUpdate has passed"
std::string why_nobody_decided(const revocation::RevocationCheck& check) {
  std::string why;
  for (const revocation::SourceTrace& trace : check.trace())
    if (trace.depth == 0 && !trace.failure.empty())
      why += (why.empty() ? " (" : "; ") + trace.source + ": " + trace.failure;
  return why.empty() ? why : why + ")";
}

sandbox::Confinement confinement_for(const config::Config& config) {
  return {.helpers = true,
          .readable = {config.evidence_directory},
          .writable = {config.succession.overlay_directory,
                       config.evidence_directory + '/' + revocation::EvidenceDirectory::kOfLogins},
          .max_file_size = 2 * succession::kOverlayLimit};
}

}  // namespace

std::vector<schedule::SourceRule> rules_of_inquiry(std::vector<schedule::SourceRule> rules) {
  std::stable_partition(rules.begin(), rules.end(),
                        [](const schedule::SourceRule& rule) { return schedule::needs_network(rule.type); });
  for (schedule::SourceRule& rule : rules) rule.freshness = schedule::Freshness::kHard;
  return rules;
}

SuccessionInquiry::SuccessionInquiry(Installation& installation, const std::string& config_file, Time now)
    : installation_(with_rules_of_inquiry(installation)),
      now_(now),
      revocation_(installation_, config_file, now, [](const std::string&) {}),
      known_(revocation_.of_logins()) {}

Answer SuccessionInquiry::ask(const x509::Certificate& certificate, x509::Kind kind) {
  const config::Config& config = installation_.config;
  if (const auto confined = sandbox::confine(confinement_for(config)); !confined)
    return failed(confined.error());
  const path::PathPolicy policy{
      .initial_policies = x509::policies_of(kind, config.kind_rules), .explicit_policy = true, .kind = kind};
  revocation::RevocationCheck& check = revocation_.check();
  const auto path = revocation::choose_path(certificate, installation_.intermediates, installation_.anchors,
                                            policy, now_, check);
  if (!path) return failed(path.error().clause);
  if (const auto begun = check.begin(now_); !begun) return failed(begun.error().clause);
  const auto good = check.conclude(now_);
  if (!good) return failed(good.error().clause);
  const auto issuers = succession::issuers_of(installation_.anchors, kind, now_);
  Answer answer = succession::answer_by_ocsp(good->carried,
                                             {.certificate = certificate,
                                              .issuer = path->issuer(),
                                              .kind = kind,
                                              .issuers = issuers,
                                              .kind_rules = config.kind_rules,
                                              .known = [this](Bytes serial, const x509::Certificate& issuer) {
                                                return known_.find(serial, issuer);
                                              }});
  if (!good->carried) answer.cause += why_nobody_decided(check);
  return answer;
}

}  // namespace jpki
