// SPDX-License-Identifier: LGPL-2.1-or-later
#include "jpkictl/evidence.h"

#include "validator/crl/crl_check.h"

#include <algorithm>

#include <fmt/format.h>

namespace jpki::ctl {
namespace {

using crl::Standing;
using x509::Certificate;

Verdict verdict_of(Standing standing) {
  switch (standing) {
    case Standing::kNotCovered:
      return Verdict::kRevocationUnknown;
    case Standing::kBroken:
      return Verdict::kRevocationInvalid;
    case Standing::kStale:
      return Verdict::kRevocationStale;
    case Standing::kGood:
      return Verdict::kAccepted;
    case Standing::kRevoked:
      return Verdict::kRevoked;
  }
  return Verdict::kInternal;
}

// What all evidence together says about one certificate.
struct Judged {
  Verdict verdict;
  std::string clause;
  std::string source;
  Time this_update{};
  bool on_hold = false;  // kRevoked for now
};

Judged judged(const crl::Finding& finding) {
  return {verdict_of(finding.standing), finding.clause, "crl", finding.this_update, finding.on_hold};
}

// Delegated responders: by the CRLs of the path's anchor.
class StatusByCrls final : public ocsp::ResponderStatus {
 public:
  StatusByCrls(const path::VerifiedCertificate& path, std::span<const crl::CrlView* const> crls,
               const crl::CrlContext& context)
      : path_(path), crls_(crls), context_(context) {}
  Expected<Unit, ocsp::ResponderDoubt> check(const Certificate& responder, const Certificate&,
                                             Time) const override {
    const crl::Finding finding = check_crls(responder, path_.chain(), crls_, context_);
    if (finding.standing == Standing::kGood) return Unit{};
    return Unexpected{ocsp::ResponderDoubt{finding.clause, finding.standing == Standing::kRevoked}};
  }

 private:
  const path::VerifiedCertificate& path_;
  std::span<const crl::CrlView* const> crls_;
  const crl::CrlContext& context_;
};

Judged judged(const Expected<ocsp::Answer, ocsp::OcspError>& answer) {
  if (!answer) return {answer.error().verdict, answer.error().clause, "ocsp"};
  switch (answer->status) {
    case ocsp::Status::kGood:
      return {Verdict::kAccepted, answer->clause, "ocsp", answer->this_update};
    case ocsp::Status::kRevoked:
      return {Verdict::kRevoked, answer->clause, "ocsp", answer->this_update, answer->on_hold};
    case ocsp::Status::kUnknown:
      return {Verdict::kRevocationUnknown, answer->clause, "ocsp"};
  }
  return {Verdict::kInternal, answer->clause, "ocsp"};
}

// Revoked is final; else good or on hold decides; else the one that says more than "not covered".
int rank(const Judged& one) {
  if (one.verdict == Verdict::kRevoked && !one.on_hold) return 0;
  if (one.verdict == Verdict::kRevoked || one.verdict == Verdict::kAccepted) return 1;
  return one.verdict == Verdict::kRevocationUnknown ? 3 : 2;
}

// Between good and on hold the newer statement counts, as in a login; of the same age, on hold.
bool says_more(const Judged& one, const Judged& other) {
  const int its_rank = rank(one);
  if (its_rank != rank(other)) return its_rank < rank(other);
  return its_rank == 1 &&
         std::pair(one.this_update, one.on_hold) > std::pair(other.this_update, other.on_hold);
}

// R7: what a login once found revoked stays so; on hold until a newer statement calls it good.
void weigh(const std::optional<revocation::Remembered>& remembered, Judged& status) {
  if (!remembered || status.verdict == Verdict::kRevoked) return;
  if (!remembered->on_hold) {
    status = {Verdict::kRevoked, "remembered: a source has called it revoked", "memory"};
  } else if (status.verdict != Verdict::kAccepted || status.this_update <= remembered->this_update) {
    status = {Verdict::kRevoked, "remembered: on hold, and no newer statement calls it good", "memory"};
  }
}

}  // namespace

// The CRLs that may concern a path.
struct Evidence::Gathered {
  std::vector<crl::IndexedCrl> indexed;
  std::vector<const crl::CrlView*> views;
  std::string damage;  // of the index: then no CRL calls anything good
};

void Evidence::add_crl(const std::string& file, Blob der) {
  bytes_.push_back(std::move(der));
  auto crl = crl::DecodedCrl::decode(bytes_.back());
  if (crl) {
    crls_.push_back(std::make_unique<crl::DecodedCrl>(std::move(*crl)));
  } else {
    add_problem(Verdict::kRevocationInvalid, fmt::format("{}: {}", file, crl.error()));
  }
}

void Evidence::add_problem(Verdict verdict, std::string why) {
  if (!problem_) problem_ = Problem{verdict, std::move(why)};
}

Evidence::Gathered Evidence::gather(const path::VerifiedCertificate& path) const {
  Gathered gathered;
  const Certificate* subject = &path.leaf();
  for (const Certificate* issuer : path.chain()) {
    if (!index_) break;
    auto candidates = index_->candidates(*subject, *issuer);
    if (!candidates) {
      gathered.damage = candidates.error() + "; run: jpki-crl-refresh";
      break;
    }
    for (auto& crl : *candidates) gathered.indexed.push_back(std::move(crl));
    subject = issuer;
  }
  for (const auto& crl : gathered.indexed) gathered.views.push_back(&crl);
  for (const auto& crl : crls_) gathered.views.push_back(crl.get());
  return gathered;
}

Expected<std::vector<std::optional<revocation::Remembered>>, std::string> Evidence::recall(
    const path::VerifiedCertificate& path) const {
  std::vector<std::optional<revocation::Remembered>> all;
  const Certificate* subject = &path.leaf();
  for (const Certificate* issuer : path.chain()) {
    all.emplace_back();
    if (memory_) {
      const auto known = memory_->recall(*subject, *issuer);
      if (!known) return Unexpected{known.error()};
      all.back() = *known;
    }
    subject = issuer;
  }
  return all;
}

StatusReport Evidence::judge(const path::VerifiedCertificate& path, std::span<const Certificate> pool,
                             std::span<const trust::Anchor> anchors, bool crls_only, Time when) const {
  const auto remembered = recall(path);
  if (!remembered) return {Verdict::kRevocationMemoryUnusable, remembered.error(), {}};
  const Gathered gathered = gather(path);
  const crl::CrlContext context{pool, anchors, &path.anchor(), crl_policy, when};
  std::vector<Judged> statuses;
  for (const crl::Finding& finding : check_crls(path, gathered.views, context)) {
    statuses.push_back(judged(finding));
    if (!gathered.damage.empty()) statuses.back() = {Verdict::kRevocationInvalid, gathered.damage, "crl"};
    if (finding.standing == Standing::kNotCovered && problem_)
      statuses.back() = {problem_->verdict, problem_->why, "crl"};
  }
  const StatusByCrls responders(path, gathered.views, context);
  for (const Blob& response : responses_) {
    if (crls_only) break;
    Judged by_ocsp =
        judged(check_response(response, path.leaf(), path.issuer(), {}, pool, responders, ocsp_policy, when));
    if (says_more(by_ocsp, statuses.front())) statuses.front() = std::move(by_ocsp);
  }
  for (std::size_t depth = 0; depth < statuses.size(); ++depth) weigh((*remembered)[depth], statuses[depth]);
  StatusReport report{Verdict::kAccepted, {}, {}};
  const auto worst = std::ranges::min_element(statuses, {}, [](const Judged& one) {
    return one.verdict == Verdict::kRevoked ? 0 : one.verdict == Verdict::kAccepted ? 2 : 1;
  });
  if (worst != statuses.end() && worst->verdict != Verdict::kAccepted) {
    report.verdict = worst->verdict;
    report.clause = fmt::format("{}, depth {}", worst->clause, worst - statuses.begin());
  }
  for (std::size_t depth = 0; depth < statuses.size(); ++depth)
    if (statuses[depth].verdict == Verdict::kAccepted)
      report.evidence.push_back({depth, statuses[depth].source,
                                 std::max(when - statuses[depth].this_update, std::chrono::seconds(0))});
  return report;
}

}  // namespace jpki::ctl
