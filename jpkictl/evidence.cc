// SPDX-License-Identifier: LGPL-2.1-or-later
#include "jpkictl/evidence.h"

#include "validator/crl/crl_check.h"
#include "validator/revocation/indexed_crls.h"
#include "validator/revocation/path_choice.h"
#include "validator/revocation/sources_check.h"

#include <algorithm>
#include <charconv>
#include <deque>

#include <unistd.h>

namespace jpki::ctl {
namespace {

using path::VerifiedCertificate;
using revocation::RevocationError;
using schedule::SourceRule;
using schedule::SourceType;
using x509::Certificate;

constexpr std::chrono::hours kNoLimit{24 * 366 * 100};
constexpr char kNoAnswer[] = "none";  // where the number of an answer would be

// Judging changes nothing that logins remember.
class ReadOnly final : public revocation::RevokedMemory {
 public:
  explicit ReadOnly(const RevokedMemory* memory) : memory_(memory) {}
  Expected<std::optional<revocation::Remembered>, std::string> recall(
      const Certificate& certificate, const Certificate& issuer) const override {
    if (memory_ == nullptr) return std::optional<revocation::Remembered>();
    return memory_->recall(certificate, issuer);
  }
  Expected<Unit, std::string> remember(const Certificate&, const Certificate&,
                                       const revocation::Remembered&) override {
    return Unit{};
  }
  Expected<Unit, std::string> forget_hold(const Certificate&, const Certificate&) override { return Unit{}; }

 private:
  const RevokedMemory* memory_;
};

SourceRule rule_of(SourceType type, const char* name) {
  SourceRule rule;
  rule.type = type;
  rule.name = name;
  if (type == SourceType::kCrl) rule.max_age = kNoLimit;  // the policy for all CRLs is narrower
  return rule;
}

// Sources that remember which paths they refused.
class WatchedCheck final : public revocation::RevocationCheck {
 public:
  explicit WatchedCheck(revocation::Sources sources) : check_(std::move(sources)) {}

  Expected<bool, RevocationError> look(const VerifiedCertificate& path, Time now) override {
    auto seen = check_.look(path, now);
    if (!seen) refused_.push_back({path, tried(path, seen.error())});
    return seen;
  }
  Expected<Unit, RevocationError> begin(Time now) override { return check_.begin(now); }
  Expected<revocation::Evidence, RevocationError> conclude(Time now) override { return check_.conclude(now); }
  std::vector<revocation::SourceTrace> trace() const override { return check_.trace(); }

  const auto& evidence() const { return check_.evidence(); }
  static path::TriedPath tried(const VerifiedCertificate& path, const RevocationError& error) {
    return {path.anchor().name, path.chain().size() + 1, error.verdict, error.clause};
  }
  std::vector<path::TriedPath> refused() const {
    std::vector<path::TriedPath> all;
    for (const Refused& refused : refused_) all.push_back(refused.tried);
    return all;
  }
  // The path that `error` tells of.
  std::optional<VerifiedCertificate> path_of(const path::PathError& error) const {
    for (const auto& [path, tried] : refused_)
      if (tried.anchor == error.anchor && tried.verdict == error.verdict && tried.clause == error.clause)
        return path;
    return std::nullopt;
  }

 private:
  struct Refused {
    VerifiedCertificate path;
    path::TriedPath tried;
  };
  revocation::SourcesCheck check_;
  std::vector<Refused> refused_;
};

StatusReport of_no_path(path::PathError error, const WatchedCheck& check) {
  return {.verdict = error.verdict,
          .clause = error.clause,
          .path = error.by_caller ? check.path_of(error) : std::nullopt,
          .tried = std::move(error.tried)};
}

StatusReport inquire(WatchedCheck& check, const VerifiedCertificate& path, Time when) {
  StatusReport report{.verdict = Verdict::kAccepted, .path = path};
  const auto refuse = [&](const RevocationError& error) {
    report.verdict = error.verdict;
    report.clause = error.clause;
    report.tried = check.refused();
    report.tried.push_back(WatchedCheck::tried(path, error));
  };
  if (const auto begun = check.begin(when); !begun) {
    refuse(begun.error());
    return report;
  }
  if (const auto good = check.conclude(when); !good) refuse(good.error());
  for (std::size_t depth = 0; depth < check.evidence().size(); ++depth)
    if (const auto& used = check.evidence()[depth])
      report.evidence.push_back({depth, used->source, used->age});
  return report;
}

}  // namespace

// The CRLs of the command line and of the index, whatever the index's own age.
class Evidence::Crls final : public revocation::CrlEvidence {
 public:
  Crls(const Evidence& evidence, std::span<const Certificate> pool, std::span<const trust::Anchor> anchors)
      : evidence_(evidence), pool_(pool), anchors_(anchors) {}

  crl::Finding find(const Certificate& subject, std::span<const Certificate* const> chain,
                    const trust::Anchor& anchor, Time now) const override {
    std::deque<crl::IndexedCrl> indexed;
    if (evidence_.index_) {
      auto found = revocation::candidates(*evidence_.index_, subject, *chain.front(), pool_);
      if (!found) return {crl::Standing::kBroken, found.error(), {}};
      indexed = std::move(*found);
    }
    std::vector<const crl::CrlView*> views;
    for (const auto& crl : indexed) views.push_back(&crl);
    for (const auto& crl : evidence_.crls_) views.push_back(crl.get());
    crl::Finding finding =
        crl::check_crls(subject, chain, views, {pool_, anchors_, &anchor, evidence_.crl_policy, now});
    if (finding.standing == crl::Standing::kNotCovered && evidence_.problem_) {
      const auto& [verdict, why] = *evidence_.problem_;
      if (verdict == Verdict::kRevocationInvalid) finding.standing = crl::Standing::kBroken;
      finding.clause = why;
    }
    return finding;
  }

 private:
  const Evidence& evidence_;
  std::span<const Certificate> pool_;
  std::span<const trust::Anchor> anchors_;
};

// The answers of the command line as a network whose URLs begin with the answer's number.
class Evidence::Answers final : public fetch::Fetcher {
 public:
  explicit Answers(std::span<const Blob> answers) : answers_(answers) {}

  Expected<fetch::Ticket, fetch::FetchError> start(const fetch::FetchRequest& request,
                                                   const UniqueFd& into) override {
    const std::string& url = request.alternatives.front().url;
    fetch::Ticket number = 0;
    const auto read = std::from_chars(url.data(), url.data() + url.size(), number);
    if (read.ec != std::errc{} || number >= answers_.size())
      return refuse("was not asked; give its answer with --ocsp");
    const Blob& answer = answers_[number];
    if (::pwrite(into.get(), answer.data(), answer.size(), 0) != static_cast<ssize_t>(answer.size()))
      return refuse("its answer cannot be stored");
    return number;
  }
  bool arrived(fetch::Ticket) override { return true; }
  Expected<fetch::FetchAnswer, fetch::FetchError> await(fetch::Ticket ticket, Deadline) override {
    fetch::FetchAnswer answer;
    answer.size = answers_[ticket].size();
    return answer;
  }

 private:
  static Unexpected<fetch::FetchError> refuse(std::string why) {
    return Unexpected{fetch::FetchError{fetch::FetchError::Reason::kForbidden, std::move(why)}};
  }
  std::span<const Blob> answers_;
};

void Evidence::add_crl(const std::string& file, Blob der) {
  bytes_.push_back(std::move(der));
  auto crl = crl::DecodedCrl::decode(bytes_.back());
  if (crl) {
    crls_.push_back(std::make_unique<crl::DecodedCrl>(std::move(*crl)));
  } else {
    add_problem(Verdict::kRevocationInvalid, file + ": " + crl.error());
  }
}

void Evidence::add_problem(Verdict verdict, std::string why) {
  if (!problem_) problem_ = Problem{verdict, std::move(why)};
}

// Each rule of the network once for every answer, so that all of them are judged: revoked by any is final.
std::vector<SourceRule> Evidence::rules_at(Time when, bool crls_only) const {
  if (crls_only) return {rule_of(SourceType::kCrl, "crl")};
  std::vector<SourceRule> wanted = rules;
  // An answer that was given is meant to count.
  if (!responses_.empty() && !schedule::needs_network(schedule::plan(rules, segment, when)))
    wanted.insert(wanted.begin(), rule_of(SourceType::kOcsp, "ocsp"));
  if (rules.empty()) wanted.push_back(rule_of(SourceType::kCrl, "crl"));
  std::vector<SourceRule> all;
  for (SourceRule& rule : wanted) {
    if (!schedule::needs_network(rule.type)) {
      all.push_back(rule);
      continue;
    }
    rule.nonce = false;  // an answer in a file has nobody's
    rule.hedge_after = {};
    rule.freshness = schedule::Freshness::kHard;
    rule.urls = {kNoAnswer};
    if (responses_.empty()) all.push_back(rule);
    for (std::size_t number = 0; number < responses_.size(); ++number) {
      rule.urls = {std::to_string(number)};
      all.push_back(rule);
    }
  }
  return all;
}

revocation::LocalResponders Evidence::responders_for(const std::vector<SourceRule>& asked,
                                                     std::span<const Certificate> pool) const {
  revocation::LocalResponders all;
  const auto add = [&](std::vector<Certificate>& into, const Certificate& certificate) {
    auto copy = Certificate::decode(to_blob(certificate.der()));
    if (copy) into.push_back(std::move(*copy));
  };
  for (const SourceRule& rule : asked) {
    if (!schedule::needs_network(rule.type) || all.contains(rule.name)) continue;
    std::vector<Certificate>& own = all[rule.name];
    if (const auto found = responders.find(rule.name); found != responders.end())
      for (const Certificate& certificate : found->second) add(own, certificate);
    for (const Certificate& certificate : pool) add(own, certificate);
  }
  return all;
}

StatusReport Evidence::judge(const Certificate& leaf, std::span<const Certificate> pool,
                             const trust::TrustStore& anchors, const path::PathPolicy& policy, bool crls_only,
                             Time when) const {
  const std::vector<SourceRule> asked = rules_at(when, crls_only);
  const revocation::LocalResponders local = responders_for(asked, pool);
  const Crls crls(*this, pool, anchors);
  ReadOnly memory(memory_.get());
  Answers answers(responses_);
  WatchedCheck check({.rules = asked,
                      .segment = segment,
                      .anchors = anchors,
                      .crls = crls,
                      .memory = memory,
                      .fetcher = &answers,
                      .local_responders = local,
                      .clock_skew = crl_policy.clock_skew,
                      .algorithms = ocsp_algorithms,
                      .single_extension = single_extension});
  auto path = revocation::choose_path(leaf, pool, anchors, policy, when, check);
  return path ? inquire(check, *path, when) : of_no_path(std::move(path).error(), check);
}

}  // namespace jpki::ctl
