// SPDX-License-Identifier: LGPL-2.1-or-later
#include "validator/crl/crl_check.h"

#include "validator/crl/decoded_crl.h"
#include "validator/x509/signature.h"

#include <algorithm>

namespace jpki::crl {

CrlCheck::CrlCheck(const x509::Certificate& subject, const x509::Certificate& issuer, const CrlPolicy& policy,
                   Time now)
    : subject_(subject), issuer_(issuer), policy_(policy), now_(now) {}

// Cheap tests first: of thousands of partitions, all but a few end at the name or the distribution point.
void CrlCheck::consider(const Crl& crl) {
  if (!issued_by_issuer(crl)) return;
  const auto covered = covers(crl);
  if (!covered) return note(Standing::kBroken, covered.error());
  if (!*covered) return;
  if (const auto problem = defect(crl)) return note(Standing::kBroken, *problem);
  if (!verify(crl)) return;

  const auto found = DecodedCrl(crl).find(subject_.serial(), subject_.issuer());
  if (!found) return note(Standing::kBroken, found.error());
  if (*found && (**found != Reason::kCertificateHold || !is_stale(crl)))
    return note(Standing::kRevoked, "RFC 5280 6.3.3(i): the CRL lists the certificate");
  if (is_stale(crl))
    return note(Standing::kStale, "RFC 5280 6.3.3(a): the CRL is past its nextUpdate or older than max_age");
  note(Standing::kGood, "RFC 5280 6.3.3: the CRL does not list the certificate");
  finding_.this_update = std::max(finding_.this_update, crl.header.this_update);
}

bool CrlCheck::issued_by_issuer(const Crl& crl) const {
  if (std::ranges::equal(crl.header.issuer_der, subject_.issuer_der())) return true;
  const auto name = x509::decode_name(crl.header.issuer_der);
  return name && names_equal(*name, subject_.issuer());
}

// RFC 5280 6.3.3(b)(2).
Expected<bool, std::string> CrlCheck::covers(const Crl& crl) const {
  if (crl.header.base_crl_number) return false;
  if (!crl.header.issuing_distribution_point) return true;
  const auto point =
      decode_issuing_distribution_point(*crl.header.issuing_distribution_point, subject_.issuer());
  if (!point) return Unexpected{point.error()};
  const ScopeFlags& flags = point->flags;
  if (flags.indirect || flags.reasons != kAllReasons || flags.only_attribute_certificates) return false;
  const auto constraints = subject_.basic_constraints();
  const bool is_ca = constraints && constraints->is_ca;
  if (flags.only_user_certificates && is_ca) return false;
  if (flags.only_ca_certificates && !is_ca) return false;
  if (!point->name) return true;
  return named_by_certificate(*point->name);
}

// A certificate without cRLDistributionPoints names its issuer, RFC 5280 6.3.3 (end).
Expected<bool, std::string> CrlCheck::named_by_certificate(const GeneralNames& name) const {
  if (subject_.crl_distribution_points().empty()) return names_overlap(name, {{subject_.issuer()}, {}});
  for (const Bytes der : subject_.crl_distribution_points()) {
    const auto point = decode_distribution_point(der, subject_.issuer());
    if (!point) return Unexpected{"cRLDistributionPoints: " + point.error()};
    if (point->name && point->reasons == kAllReasons && !point->crl_issuer &&
        names_overlap(name, *point->name))
      return true;
  }
  return false;
}

std::optional<std::string> CrlCheck::defect(const Crl& crl) const {
  if (crl.header.unknown_critical_extension) return "RFC 5280 5.2: unknown critical CRL extension";
  if (!crl.header.next_update) return "RFC 5280 5.1.2.5: the CRL has no nextUpdate";
  if (crl.header.this_update > now_ + policy_.clock_skew)
    return "RFC 5280 5.1.2.4: thisUpdate is to come; check the clock";
  const auto usage = issuer_.key_usage();
  if (usage && (*usage & x509::kCrlSign) == 0)
    return "RFC 5280 6.3.3(f): the issuer's keyUsage has no cRLSign";
  return std::nullopt;
}

bool CrlCheck::verify(const Crl& crl) {
  const auto verified = verify_signature(crl.envelope.tbs, crl.envelope.signature, crl.envelope.algorithm.oid,
                                         crl.envelope.algorithm.parameters, issuer_.subject_public_key_info(),
                                         policy_.algorithms);
  if (verified) return true;
  const auto issuer_key = issuer_.subject_key_identifier();
  const bool other_generation = crl.header.authority_key_identifier && issuer_key &&
                                !std::ranges::equal(*crl.header.authority_key_identifier, *issuer_key);
  if (other_generation) return false;
  switch (verified.error()) {
    case x509::SignatureError::kWeak:
      note(Standing::kBroken, "RFC 5280 6.3.3(g): the CRL's signature algorithm is too weak");
      break;
    case x509::SignatureError::kUnsupported:
      note(Standing::kBroken, "RFC 5280 6.3.3(g): the CRL's signature algorithm is not supported");
      break;
    case x509::SignatureError::kInvalid:
      note(Standing::kBroken, "RFC 5280 6.3.3(g): the CRL is not signed by the certificate's issuer");
      break;
  }
  return false;
}

bool CrlCheck::is_stale(const Crl& crl) const {
  return now_ > *crl.header.next_update || now_ - crl.header.this_update > policy_.max_age;
}

void CrlCheck::note(Standing standing, const std::string& clause) {
  if (standing <= finding_.standing) return;
  finding_.standing = standing;
  finding_.clause = clause;
}

}  // namespace jpki::crl
