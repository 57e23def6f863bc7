// SPDX-License-Identifier: LGPL-2.1-or-later
#include "validator/crl/crl_check.h"

#include "validator/crl/crl_scope.h"
#include "validator/crl/crl_signer.h"
#include "validator/crl/crl_statements.h"

#include <algorithm>

namespace jpki::crl {
namespace {

using x509::Certificate;
using Chain = std::span<const Certificate* const>;

// One certificate's CRLs, considered one by one.
class CrlCheck {
 public:
  CrlCheck(const Certificate& subject, Chain chain, CrlSigners& signers, const CrlContext& context)
      : subject_(subject), chain_(chain), signers_(signers), context_(context), scope_(subject) {}

  void consider(const CrlView& crl);
  Finding conclude() const;

 private:
  // What makes an authentic CRL unusable whatever its entries say; nothing when it is usable.
  std::optional<std::string> defect(const CrlHeader& crl) const;
  bool is_from_future(const CrlHeader& crl) const;
  bool is_fresh(const CrlHeader& crl) const;
  void note(std::string problem);

  const Certificate& subject_;
  Chain chain_;
  CrlSigners& signers_;
  const CrlContext& context_;
  CrlScope scope_;
  std::vector<Statement> statements_;
  std::optional<std::string> problem_;
  bool from_future_ = false;
};

// Cheap tests first: of thousands of partitions, all but a few end at the name or the distribution point.
void CrlCheck::consider(const CrlView& crl) {
  const CrlHeader& header = crl.header();
  auto coverage = scope_.covered_by(header);
  if (!coverage) return note(coverage.error());
  if (coverage->reasons == 0) return;
  Signature signature = signers_.judge(crl, coverage->issuer, chain_);
  switch (signature.kind) {
    case Signature::Kind::kSomeoneElse:
      return;
    case Signature::Kind::kUnusable:
      return note(std::move(signature.clause));
    case Signature::Kind::kGood:
      break;
  }
  if (auto problem = defect(header)) return note(std::move(*problem));
  const bool from_future = is_from_future(header);
  if (from_future) note("RFC 5280 5.1.2.4: thisUpdate is in the future; check the clock");
  from_future_ = from_future_ || from_future;
  const auto entry = crl.find(subject_.serial(), subject_.issuer());
  if (!entry) return note(entry.error());
  if (from_future && !is_final(*entry)) return;
  statements_.push_back({header, std::move(*coverage), signature.key, *entry, is_fresh(header)});
}

std::optional<std::string> CrlCheck::defect(const CrlHeader& crl) const {
  if (crl.unknown_critical_extension) return "RFC 5280 5.2: unknown critical CRL extension";
  if (!crl.next_update) return "RFC 5280 5.1.2.5: the CRL has no nextUpdate";
  return std::nullopt;
}

bool CrlCheck::is_from_future(const CrlHeader& crl) const {
  return crl.this_update > context_.now + context_.policy.clock_skew;
}

bool CrlCheck::is_fresh(const CrlHeader& crl) const {
  return context_.now <= *crl.next_update && context_.now - crl.this_update <= context_.policy.max_age;
}

Finding CrlCheck::conclude() const {
  Finding finding = crl::conclude(statements_, problem_);
  finding.from_future = from_future_;
  return finding;
}

void CrlCheck::note(std::string problem) {
  if (!problem_) problem_ = std::move(problem);
}

}  // namespace

Finding check_crls(const Certificate& subject, Chain chain, std::span<const CrlView* const> crls,
                   const CrlContext& context) {
  CrlSigners* all = nullptr;
  const auto ask = [&](const Certificate& certificate, Chain above) {
    CrlCheck check(certificate, above, *all, context);
    for (const CrlView* crl : crls) check.consider(*crl);
    return check.conclude();
  };
  CrlSigners signers(subject, chain, context, ask);
  all = &signers;
  return ask(subject, chain);
}

}  // namespace jpki::crl
