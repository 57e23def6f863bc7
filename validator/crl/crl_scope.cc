// SPDX-License-Identifier: LGPL-2.1-or-later
#include "validator/crl/crl_scope.h"

#include <algorithm>

namespace jpki::crl {
namespace {

bool contains(const std::vector<x509::Name>& names, const x509::Name& name) {
  return std::ranges::any_of(names, [&](const auto& other) { return names_equal(name, other); });
}

}  // namespace

CrlScope::CrlScope(const x509::Certificate& subject) : subject_(subject) {
  const auto constraints = subject.basic_constraints();
  is_ca_ = constraints && constraints->is_ca;
  for (const Bytes der : subject.crl_distribution_points()) {
    auto point = decode_distribution_point(der, subject.issuer());
    if (point) {
      points_.push_back(std::move(*point));
    } else {
      malformed_ = "cRLDistributionPoints: " + point.error();
    }
  }
}

Expected<Coverage, std::string> CrlScope::covered_by(const CrlHeader& crl) const {
  Coverage coverage;
  bool own = std::ranges::equal(crl.issuer_der, subject_.issuer_der());
  if (own) {
    coverage.issuer = subject_.issuer();
  } else {
    auto issuer = x509::decode_name(crl.issuer_der);
    if (!issuer) return coverage;  // nobody's name
    coverage.issuer = std::move(*issuer);
    own = names_equal(coverage.issuer, subject_.issuer());
  }
  if (!own && !names_issuer(coverage.issuer)) return coverage;
  if (crl.issuing_distribution_point) {
    auto point = decode_issuing_distribution_point(*crl.issuing_distribution_point, coverage.issuer);
    if (!point) return Unexpected{point.error()};
    coverage.point = std::move(*point);
    if (excluded(coverage.point->flags)) return coverage;
  }
  if (own) coverage.reasons = by_own_issuer(coverage);
  for (const auto& point : points_)
    coverage.reasons = static_cast<Reasons>(coverage.reasons | by_distribution_point(coverage, point, own));
  if (coverage.reasons == 0 && malformed_) return Unexpected{*malformed_};
  return coverage;
}

bool CrlScope::names_issuer(const x509::Name& issuer) const {
  return std::ranges::any_of(
      points_, [&](const auto& point) { return point.crl_issuer && contains(*point.crl_issuer, issuer); });
}

// 6.3.3(b)(2)(ii) to (iv).
bool CrlScope::excluded(const ScopeFlags& flags) const {
  return flags.only_attribute_certificates || (flags.only_user_certificates && is_ca_) ||
         (flags.only_ca_certificates && !is_ca_);
}

bool CrlScope::is_partitioned() const {
  return malformed_ || std::ranges::any_of(points_, [](const DistributionPoint& point) {
           return point.name && std::ranges::any_of(*point.name, [](const x509::GeneralName& name) {
                    return name.form == x509::NameForm::kDirectoryName;
                  });
         });
}

Reasons CrlScope::by_own_issuer(const Coverage& crl) const {
  if (!crl.point) return kAllReasons;
  const bool named =
      !crl.point->name || (!is_partitioned() && x509::contains(*crl.point->name, subject_.issuer()));
  return named ? crl.point->flags.reasons : Reasons{0};
}

// 6.3.3(b)(1), (b)(2)(i) and (e).
Reasons CrlScope::by_distribution_point(const Coverage& crl, const DistributionPoint& point, bool own) const {
  if (point.crl_issuer) {
    if (!contains(*point.crl_issuer, crl.issuer) || !crl.point || !crl.point->flags.indirect) return 0;
  } else if (!own) {
    return 0;
  }
  if (!crl.point) return point.reasons;
  if (crl.point->name) {
    const bool named = point.name ? names_overlap(*crl.point->name, *point.name)
                                  : std::ranges::any_of(*point.crl_issuer, [&](const auto& name) {
                                      return x509::contains(*crl.point->name, name);
                                    });
    if (!named) return 0;
  }
  return crl.point->flags.reasons & point.reasons;
}

}  // namespace jpki::crl
