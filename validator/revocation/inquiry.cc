// SPDX-License-Identifier: LGPL-2.1-or-later
#include "validator/revocation/inquiry.h"

#include "validator/revocation/statement_age.h"

#include <algorithm>

#include <fmt/format.h>

namespace jpki::revocation {
namespace {

using schedule::SourceRule;
using schedule::SourceType;
using x509::Certificate;

Verdict verdict_of(crl::Standing standing) {
  switch (standing) {
    case crl::Standing::kRevoked:
      return Verdict::kRevoked;
    case crl::Standing::kStale:
      return Verdict::kRevocationStale;
    case crl::Standing::kBroken:
      return Verdict::kRevocationInvalid;
    case crl::Standing::kNotCovered:
      return Verdict::kRevocationUnknown;
    case crl::Standing::kGood:
      return Verdict::kAccepted;
  }
  return Verdict::kInternal;
}

// Of several failures the one that came furthest is told: authentic but old, then unusable, then nothing.
int rank(Verdict verdict) {
  if (verdict == Verdict::kRevocationStale) return 2;
  return verdict == Verdict::kRevocationInvalid ? 1 : 0;
}

constexpr char kSlowClock[] =
    "; this machine's clock is slow (the CRL index is from its future), so only an answer with the nonce of "
    "this "
    "login counts; set it, or if it is right by now, run: jpki-crl-refresh";

// A person may look for his glasses; a prompt that was left open is not for ever.
constexpr std::chrono::minutes kPromptPatience{5};

std::chrono::seconds age_of(const Judgement& judgement, Time now) {
  return std::max(now - judgement.this_update, std::chrono::seconds(0));
}

// "platform: RFC 6960 4.2.2.1: nextUpdate is past, <1d old"
std::string told(const std::string& source, const Judgement& judgement, Time now, bool of_crl) {
  std::string text = source + ": " + judgement.clause;
  if (judgement.this_update != Time{})
    text += fmt::format(", {} old", age_for_log(age_of(judgement, now), of_crl));
  return text;
}

std::string told(const SourceRule& rule, const Judgement& judgement, Time now) {
  return told(rule.name, judgement, now, rule.type == SourceType::kCrl);
}

Judgement silent(std::string why) {
  return {.verdict = Verdict::kRevocationUnknown, .clause = std::move(why)};
}

}  // namespace

Inquiry::Inquiry(const Sources& sources, const path::VerifiedCertificate& path, std::size_t depth)
    : sources_(sources),
      subject_(depth == 0 ? path.leaf() : *path.chain()[depth - 1]),
      chain_(path.chain().begin() + static_cast<std::ptrdiff_t>(depth), path.chain().end()),
      anchor_(path.anchor()),
      depth_(depth) {}

RevocationError Inquiry::refused(Verdict verdict, const std::string& clause) const {
  const bool of_authority = verdict == Verdict::kRevoked && depth_ > 0;
  return {of_authority ? Verdict::kIssuerRevoked : verdict, clause + ", depth " + std::to_string(depth_),
          depth_};
}

Expected<Unit, RevocationError> Inquiry::recall() {
  const auto remembered = sources_.memory.recall(subject_, *chain_.front());
  if (!remembered) return Unexpected{refused(Verdict::kRevocationMemoryUnusable, remembered.error())};
  if (*remembered && !(*remembered)->on_hold)
    return Unexpected{refused(Verdict::kRevoked, "remembered: a source reported it as revoked")};
  hold_ = *remembered;
  return Unit{};
}

Expected<Unit, RevocationError> Inquiry::look_at_crls(Time now) {
  crl_ = sources_.crls.find(subject_, chain_, anchor_, now);
  if (crl_.standing != crl::Standing::kRevoked) return Unit{};
  const Judgement revoked{.verdict = Verdict::kRevoked,
                          .clause = crl_.clause,
                          .this_update = crl_.this_update,
                          .on_hold = crl_.on_hold};
  RevocationError refusal = refuse_revoked(told("crl", revoked, now, true), revoked);
  if (!crl_.on_hold) return Unexpected{std::move(refusal)};
  // A source of the network may know that it was lifted since.
  if (!hold_ || hold_->this_update < crl_.this_update) hold_ = Remembered{true, crl_.this_update};
  return Unit{};
}

Expected<Unit, RevocationError> Inquiry::ask(const std::vector<schedule::PlannedSource>& planned, Time now,
                                             bool clock_behind) {
  asked_at_ = now;
  clock_behind_ = clock_behind;
  bool kept = false;
  for (const auto& [rule, asked, why_not] : planned) {
    if (!asked) {
      not_asked_.push_back(rule->name + ": " + why_not);
      continue;
    }
    if (rule->type == SourceType::kCrl) {
      steps_.push_back({rule, Step::Kind::kKnown, judge_crl(*rule, now), std::nullopt, true});
      if (steps_.back().judgement.good() || steps_.back().judgement.revoked()) break;
    } else if (!kept) {
      // An answer that is kept spares the network, also the further sources of the network.
      steps_.push_back(make_online_step(rule_for(*rule), now));
      if (steps_.back().judgement.failed()) return Unexpected{refuse_failed(steps_.back(), now)};
      kept = steps_.back().kind == Step::Kind::kKept;
    }
  }
  const auto first = std::ranges::find_if(steps_, [](const Step& step) {
    return !step.judged || step.judgement.good() || step.judgement.revoked();
  });
  if (first == steps_.end()) return Unexpected{nothing_conclusive(now)};
  if (first->judged && first->judgement.revoked())
    return Unexpected{refused(Verdict::kRevoked, told(*first->rule, first->judgement, now))};
  return Unit{};
}

bool Inquiry::good_by_crl(const std::vector<schedule::PlannedSource>& planned, Time now) const {
  return std::ranges::any_of(planned, [&](const schedule::PlannedSource& source) {
    return source.asked && source.rule->type == SourceType::kCrl && judge_crl(*source.rule, now).good();
  });
}

Judgement Inquiry::judge_crl(const SourceRule& rule, Time now) const {
  Judgement judgement{.verdict = verdict_of(crl_.standing),
                      .clause = crl_.clause,
                      .this_update = crl_.this_update,
                      .on_hold = crl_.on_hold};
  if (judgement.good() && age_of(judgement, now) > rule.max_age)
    return {.verdict = Verdict::kRevocationStale,
            .clause = "the CRL is older than max_age_minutes of the source",
            .this_update = judgement.this_update};
  weigh_against_hold(judgement, crl_.lifts);
  return judgement;
}

void Inquiry::weigh_against_hold(Judgement& judgement, Time lifts) const {
  if (!judgement.good() || !hold_ || lifts > hold_->this_update) return;
  judgement.verdict = Verdict::kRevoked;
  judgement.on_hold = true;
  judgement.clause = "remembered: on hold, and this statement does not lift it";
}

std::vector<const Certificate*> Inquiry::authorities(const SourceRule& rule, Time now) const {
  std::vector<const Certificate*> found;
  if (rule.type != SourceType::kCvs) return found;
  for (const trust::Anchor& anchor : sources_.anchors)
    if (anchor.serves(trust::Function::kCvsSigner) && anchor.accepted_at(now) &&
        anchor.certificate.not_before() <= now && now <= anchor.certificate.not_after())
      found.push_back(&anchor.certificate);
  return found;
}

// Empty when nothing stands in the way.
std::string Inquiry::why_not_asked(const SourceRule& rule, Time now) const {
  switch (rule.type) {
    case SourceType::kOcsp:
      if (!anchor_.serves(trust::Function::kOcspSigner))
        return "anchor " + anchor_.name + " does not have the function ocsp-signer";
      return {};
    case SourceType::kCvs:
      return authorities(rule, now).empty() ? "no anchor has the function cvs-signer now" : "";
    case SourceType::kCrl:
      return "is not asked over the network";
  }
  return {};
}

const SourceRule& Inquiry::rule_for(const SourceRule& rule) {
  if (!clock_behind_) return rule;
  SourceRule& stricter = stricter_.emplace_back(rule);
  stricter.nonce = true;
  stricter.freshness = schedule::Freshness::kHard;
  return stricter;
}

Inquiry::Step Inquiry::make_online_step(const SourceRule& rule, Time now) {
  if (std::string why = why_not_asked(rule, now); !why.empty())
    return {&rule, Step::Kind::kKnown, silent(std::move(why)), std::nullopt, true};
  const bool cached = rule.freshness == schedule::Freshness::kCached && sources_.cache != nullptr;
  if (cached && sources_.cache->holds(rule.name, subject_, *chain_.front(), now))
    return {&rule, Step::Kind::kKept, {}, std::nullopt, false};
  if (sources_.fetcher == nullptr)
    return {&rule, Step::Kind::kKnown, silent("came into service too late to be asked"), std::nullopt, true};
  auto query = OnlineQuery::start(rule, subject_, *chain_.front(), *sources_.fetcher);
  if (!query) return {&rule, Step::Kind::kKnown, query.error(), std::nullopt, true};
  return {&rule, Step::Kind::kAsked, {}, std::move(*query), false};
}

void Inquiry::judge(Step& step, Time now, bool ask_on) {
  if (step.judged) return;
  static const std::vector<Certificate> kNone;
  const auto local = sources_.local_responders.find(step.rule->name);
  const std::vector<const Certificate*> signers = authorities(*step.rule, now);
  const AnswerRules rules{*step.rule,
                          local == sources_.local_responders.end() ? kNone : local->second,
                          signers,
                          *this,
                          sources_.clock_skew,
                          std::max(asked_at_, now - kPromptPatience),
                          sources_.algorithms,
                          sources_.single_extension};
  step.judged = true;
  if (step.kind == Step::Kind::kAsked) {
    step.judgement = step.query->conclude(rules, now, ask_on);
    if (clock_behind_ && step.judgement.verdict == Verdict::kRevocationInvalid)
      step.judgement.clause += kSlowClock;
  } else {
    const auto kept = sources_.cache->take(step.rule->name, subject_, *chain_.front());
    step.judgement = kept ? judge_response(*kept, {}, rules, subject_, *chain_.front(), now)
                          : silent("the stored answer cannot be read");
    // Not to stand in the way of the next login.
    if (!step.judgement.good()) (void)sources_.cache->drop(step.rule->name, subject_, *chain_.front());
  }
  weigh_against_hold(step.judgement, step.judgement.this_update);
}

Expected<Evidence, RevocationError> Inquiry::conclude(Time now) {
  const Step* decisive = nullptr;
  for (Step& step : steps_) {
    // Behind the decisive one, only what has already arrived may still say "revoked".
    if (decisive != nullptr && (step.kind != Step::Kind::kAsked || !step.query->arrived())) continue;
    judge(step, now, decisive == nullptr);
    if (step.judgement.revoked())
      return Unexpected{refuse_revoked(told(*step.rule, step.judgement, now), step.judgement)};
    if (decisive == nullptr && step.judgement.failed()) return Unexpected{refuse_failed(step, now)};
    if (decisive == nullptr && step.judgement.good()) decisive = &step;
  }
  if (decisive == nullptr) return Unexpected{nothing_conclusive(now)};
  keep(*decisive, now);
  return Evidence{
      decisive->rule->name, age_of(decisive->judgement, now), decisive->rule->type == SourceType::kCrl,
      decisive->kind == Step::Kind::kAsked ? std::optional(decisive->judgement.carried) : std::nullopt};
}

void Inquiry::keep(const Step& step, Time now) {
  // What the CRL at hand still says would only be written again by the next login.
  if (hold_ && !crl_.on_hold)
    if (auto forgotten = sources_.memory.forget_hold(subject_, *chain_.front()); !forgotten)
      sources_.alarm("a lifted hold stays remembered: " + forgotten.error());
  if (step.kind != Step::Kind::kAsked || step.rule->freshness != schedule::Freshness::kCached ||
      sources_.cache == nullptr)
    return;
  Time until = step.judgement.this_update + step.rule->max_age;
  if (step.judgement.next_update) until = std::min(until, *step.judgement.next_update);
  if (until <= now) return;
  const auto kept =
      sources_.cache->keep(step.rule->name, subject_, *chain_.front(), step.query->response(), until);
  if (!kept) sources_.alarm("an OCSP answer cannot be stored: " + kept.error());
}

RevocationError Inquiry::refuse_revoked(const std::string& what, const Judgement& judgement) {
  const auto remembered = sources_.memory.remember(
      subject_, *chain_.front(), {.on_hold = judgement.on_hold, .this_update = judgement.this_update});
  if (!remembered)
    sources_.alarm(code_of(Verdict::kRevocationMemoryUnusable) +
                   " a revoked certificate is refused now but NOT remembered, so that an older CRL may "
                   "accept it later: " +
                   remembered.error());
  return refused(Verdict::kRevoked, what);
}

RevocationError Inquiry::refuse_failed(const Step& step, Time now) const {
  return refused(step.judgement.verdict, told(*step.rule, step.judgement, now));
}

RevocationError Inquiry::nothing_conclusive(Time now) const {
  Verdict verdict = Verdict::kRevocationUnknown;
  std::vector<std::string> reasons;
  for (const Step& step : steps_) {
    if (rank(step.judgement.verdict) > rank(verdict)) verdict = step.judgement.verdict;
    reasons.push_back(told(*step.rule, step.judgement, now));
  }
  reasons.insert(reasons.end(), not_asked_.begin(), not_asked_.end());
  if (hold_) {
    verdict = Verdict::kRevoked;
    reasons.insert(reasons.begin(), "on hold, and no newer statement lifts it");
  }
  return refused(verdict, fmt::format("{}", fmt::join(reasons, "; ")));
}

std::vector<SourceTrace> Inquiry::trace() const {
  std::vector<SourceTrace> traces;
  for (const Step& step : steps_) {
    SourceTrace trace{.source = step.rule->name, .depth = depth_, .result = "not-needed", .failure = {}};
    if (step.query) trace.asked = step.query->asked();
    if (step.query) trace.answered = step.query->answered();
    if (step.judged) {
      trace.result = code_of(step.judgement.verdict);
      if (step.judgement.good())
        trace.result = step.kind == Step::Kind::kKept ? "good-kept" : "good";
      else
        trace.failure = step.judgement.clause;
      if (step.judgement.this_update != Time{})
        trace.result += fmt::format(
            ":{}", age_for_log(age_of(step.judgement, asked_at_), step.rule->type == SourceType::kCrl));
    }
    traces.push_back(std::move(trace));
  }
  return traces;
}

Expected<Unit, ocsp::ResponderDoubt> Inquiry::check(const Certificate& responder, const Certificate& issuer,
                                                    Time now) const {
  const Certificate* const alone[] = {&issuer};
  const auto own = std::ranges::find_if(
      sources_.anchors, [&](const trust::Anchor& anchor) { return &anchor.certificate == &issuer; });
  const crl::Finding finding = own == sources_.anchors.end()
                                   ? sources_.crls.find(responder, chain_, anchor_, now)
                                   : sources_.crls.find(responder, alone, *own, now);
  if (finding.standing == crl::Standing::kGood) return Unit{};
  return Unexpected{ocsp::ResponderDoubt{finding.clause, finding.standing == crl::Standing::kRevoked}};
}

}  // namespace jpki::revocation
