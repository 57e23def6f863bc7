// SPDX-License-Identifier: LGPL-2.1-or-later
#include "validator/crl/crl_statements.h"

#include "validator/x509/public_key.h"

#include <algorithm>
#include <array>
#include <utility>

namespace jpki::crl {
namespace {

bool equal(const std::optional<Bytes>& a, const std::optional<Bytes>& b) {
  return a.has_value() == b.has_value() && (!a || std::ranges::equal(*a, *b));
}

// Order of two CRL numbers: not negative and minimal, so the longer one is the greater.
bool less(Bytes a, Bytes b) {
  return a.size() != b.size() ? a.size() < b.size() : std::ranges::lexicographical_compare(a, b);
}

bool is_delta(const Statement& statement) {
  return statement.crl.base_crl_number.has_value();
}

// 6.3.3(c): the issuer, the issuing distribution point and the key are the same.
bool same_series(const Statement& a, const Statement& b) {
  if (!names_equal(a.coverage.issuer, b.coverage.issuer) || !x509::same_public_key(a.key, b.key))
    return false;
  if (!equal(a.crl.authority_key_identifier, b.crl.authority_key_identifier)) return false;
  if (a.coverage.point.has_value() != b.coverage.point.has_value()) return false;
  return !a.coverage.point || same_scope(*a.coverage.point, *b.coverage.point);
}

// 5.2.4: the base is not older than what the delta begins from, and older than the delta.
bool fits(const Statement& delta, const Statement& base) {
  if (!is_delta(delta) || !base.crl.crl_number || !delta.crl.crl_number) return false;
  return !less(*base.crl.crl_number, *delta.crl.base_crl_number) &&
         less(*base.crl.crl_number, *delta.crl.crl_number) && same_series(delta, base);
}

// What holds now: a base together with the newest delta that can update it, or a delta alone.
struct Current {
  const Statement* statement;
  std::optional<Reason> entry;
  bool fresh;
  Time this_update{};
  Time lifts{};  // holds that were told before it: of a delta only removeFromCRL lifts one
};

Current current_of(const Statement& base, const std::vector<Statement>& statements) {
  const Statement* newest = nullptr;
  for (const Statement& delta : statements) {
    if (!delta.fresh || !fits(delta, base)) continue;
    if (newest == nullptr || less(*newest->crl.crl_number, *delta.crl.crl_number)) newest = &delta;
  }
  if (newest == nullptr) return {&base, base.entry, base.fresh, base.crl.this_update, base.crl.this_update};
  const Time told = newest->crl.this_update;
  if (newest->entry == Reason::kRemoveFromCrl) return {&base, std::nullopt, true, told, told};
  return {&base, newest->entry ? newest->entry : base.entry, true, told, base.crl.this_update};
}

// A later CRL of the same series no longer lists the certificate. A delta that does not list it says nothing:
// 5.2.4 has a hold end there by removeFromCRL.
bool is_lifted(const Current& hold, const std::vector<Current>& all) {
  return std::ranges::any_of(all, [&](const Current& other) {
    return !is_delta(*other.statement) && other.fresh && !other.entry && other.lifts > hold.this_update &&
           same_series(*other.statement, *hold.statement);
  });
}

// A hold counts while what tells it is fresh. That of a delta is newer than the bases which the delta fits,
// so it also counts while one of these is fresh, or made so by a later delta: being too old takes nothing
// back, only a later removeFromCRL of the series does, too old as well or not, and is_lifted(). It ends with
// the last of these bases at the latest: a series that is over keeps nobody on hold.
bool counts_as_hold(const Current& hold, const std::vector<Current>& all) {
  if (hold.entry != Reason::kCertificateHold) return false;
  if (hold.fresh) return true;
  const Statement& told = *hold.statement;
  const auto has_base = [&](const Current& base) {
    return base.fresh && !is_delta(*base.statement) && fits(told, *base.statement);
  };
  const auto removes = [&](const Current& later) {
    const Statement& delta = *later.statement;
    return delta.entry == Reason::kRemoveFromCrl && delta.crl.crl_number &&
           less(*told.crl.crl_number, *delta.crl.crl_number) && same_series(delta, told);
  };
  return std::ranges::any_of(all, has_base) && std::ranges::none_of(all, removes);
}

// The reasons that `statements` cover, the newest first; those behind kGood end where all are covered.
struct Covered {
  Reasons reasons = 0;
  Time oldest{};
  Time lifts = Time::max();
};

Covered cover(std::vector<Current> all, bool fresh_only) {
  std::ranges::sort(all, std::ranges::greater{},
                    [](const Current& current) { return std::pair(current.this_update, current.lifts); });
  Covered covered;
  for (const Current& current : all) {
    if (is_delta(*current.statement) || (fresh_only && (!current.fresh || current.entry))) continue;
    const auto reasons = static_cast<Reasons>(covered.reasons | current.statement->coverage.reasons);
    if (reasons == covered.reasons) continue;
    covered = {reasons, current.this_update, std::min(covered.lifts, current.lifts)};
  }
  return covered;
}

std::string names_of(Reasons reasons) {
  constexpr std::array<std::string_view, 9> kNames = {"",
                                                      "keyCompromise",
                                                      "cACompromise",
                                                      "affiliationChanged",
                                                      "superseded",
                                                      "cessationOfOperation",
                                                      "certificateHold",
                                                      "privilegeWithdrawn",
                                                      "aACompromise"};
  std::string names;
  for (std::size_t bit = 1; bit < kNames.size(); ++bit)
    if ((reasons >> bit & 1u) != 0) names.append(names.empty() ? "" : ", ").append(kNames[bit]);
  return names;
}

Finding undetermined(const std::vector<Current>& all, Reasons covered,
                     const std::optional<std::string>& problem) {
  if (const Covered stale = cover(all, false); stale.reasons == kAllReasons)
    return {Standing::kStale, "RFC 5280 6.3.3(a): the CRL is past its nextUpdate or older than max_age",
            stale.oldest};
  if (problem) return {Standing::kBroken, *problem, {}};
  if (all.empty()) return {};
  if (std::ranges::all_of(all, [](const Current& current) { return is_delta(*current.statement); }))
    return {Standing::kNotCovered, "RFC 5280 5.2.4: a delta CRL covers nothing without its base", {}};
  return {Standing::kNotCovered,
          "RFC 5280 6.3.3(l): no fresh CRL covers " + names_of(kAllReasons & ~covered),
          {}};
}

}  // namespace

bool is_final(const std::optional<Reason>& entry) {
  return entry && *entry != Reason::kCertificateHold && *entry != Reason::kRemoveFromCrl;
}

Finding conclude(const std::vector<Statement>& statements, const std::optional<std::string>& problem) {
  std::vector<Current> all;
  for (const Statement& statement : statements) {
    if (is_final(statement.entry))
      return {Standing::kRevoked,
              is_delta(statement) ? "RFC 5280 6.3.3(i): the delta CRL lists the certificate"
                                  : "RFC 5280 6.3.3(j): the CRL lists the certificate",
              statement.crl.this_update};
    all.push_back(is_delta(statement)
                      ? Current{&statement, statement.entry, statement.fresh, statement.crl.this_update}
                      : current_of(statement, statements));
  }
  const auto on_hold = [&](const Current& current) {
    return counts_as_hold(current, all) && !is_lifted(current, all);
  };
  if (const auto hold = std::ranges::find_if(all, on_hold); hold != all.end())
    return {Standing::kRevoked, "RFC 5280 6.3.3(j): the CRL lists the certificate as on hold",
            hold->this_update, true};
  const Covered covered = cover(all, true);
  if (covered.reasons == kAllReasons)
    return {Standing::kGood, "RFC 5280 6.3.3: the CRL does not list the certificate", covered.oldest, false,
            covered.lifts};
  return undetermined(all, covered.reasons, problem);
}

}  // namespace jpki::crl
