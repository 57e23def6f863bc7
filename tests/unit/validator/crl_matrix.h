// SPDX-License-Identifier: LGPL-2.1-or-later
//
// The matrix of CRL cases: each a question about one certificate, with CRLs that are really signed, the
// answer and the clause it must name. crl_matrix_test.cc runs them; each group is a file of its own.
#pragma once

#include "tests/unit/validator/crl_fixture.h"
#include "validator/crl/crl_check.h"

namespace jpki::test {

struct Question {
  Blob certificate = person().sign(key("root"));
  std::vector<Blob> chain = {root()};  // the issuer's certificate first, the anchor's last
  std::vector<Blob> pool = {};
  std::vector<Blob> crls = {};
  std::vector<Blob> other_anchors = {};
  std::vector<trust::Function> other_functions = trust::kDefaultFunctions;
  crl::CrlPolicy policy = {};
  std::vector<trust::Function> functions = {trust::Function::kLogin, trust::Function::kRevocationData};
  trust::Constraints constraints = {};

  Question& with(const pki::CrlBuilder& crl, const std::string& signer = "root") {
    crls.push_back(crl.sign(key(signer)));
    return *this;
  }
};

// About the person of pki_fixture.h, whose distribution point is the partition of Chiyoda.
inline Question about_person(const std::vector<pki::CrlBuilder>& crls = {}) {
  Question question;
  for (const auto& crl : crls) question.with(crl);
  return question;
}

enum class Answer {
  kNotCovered,
  kBroken,
  kStale,
  kGood,
  kRevoked,
  kUndecodable,  // the CRL is no CRL; the clause is decode_crl()'s
};

struct CrlCase {
  const char* name;
  Question (*question)();
  Answer answer;
  const char* clause;  // part of the finding's
};

std::vector<CrlCase> scope_cases();
std::vector<CrlCase> delta_cases();
std::vector<CrlCase> hold_cases();
std::vector<CrlCase> signer_cases();
std::vector<CrlCase> status_cases();
std::vector<CrlCase> indirect_cases();
std::vector<CrlCase> form_cases();

inline constexpr char kGoodClause[] = "RFC 5280 6.3.3: the CRL does not list";
inline constexpr char kListed[] = "RFC 5280 6.3.3(j): the CRL lists the certificate";
inline constexpr char kHeld[] = "6.3.3(j): the CRL lists the certificate as on hold";
inline constexpr char kStaleClause[] = "RFC 5280 6.3.3(a)";
inline constexpr char kNobodys[] = "RFC 5280 6.3.3: no CRL covers the certificate";

inline pki::CrlBuilder revoking(pki::CrlBuilder crl, std::optional<std::uint8_t> reason = {}) {
  return crl.revoke(kPersonSerial, kNow - kDay, reason);
}
inline pki::CrlBuilder aged(pki::CrlBuilder crl, std::chrono::hours age) {
  crl.this_update = kNow - age;
  return crl;
}
inline pki::CrlBuilder expired(pki::CrlBuilder crl) {
  crl.next_update = kNow - std::chrono::seconds(1);
  return crl;
}
inline pki::CrlBuilder chiyoda() {
  return city_crl("Chiyoda CRLDP");
}

inline constexpr std::uint8_t kRemoveFromCrl = 8;
// The base of all cases has number 7; a delta of today goes from it to 9.
inline pki::CrlBuilder delta_of(pki::CrlBuilder crl, std::uint64_t base = 7, std::uint64_t number = 9) {
  crl.entries.clear();
  crl.this_update = kNow - std::chrono::hours(1);
  return crl.replace(pki::crl_number(number)).add(pki::delta_crl_indicator(base));
}
inline pki::CrlBuilder delta(std::uint64_t base = 7, std::uint64_t number = 9) {
  return delta_of(full_crl(), base, number);
}
inline pki::CrlBuilder removing(pki::CrlBuilder crl) {
  return revoking(std::move(crl), kRemoveFromCrl);
}
inline pki::CrlBuilder holding(pki::CrlBuilder crl) {
  return revoking(std::move(crl), kCertificateHold);
}

// Named bits of ReasonFlags.
inline constexpr std::uint16_t kCompromises = 0x0006;
inline constexpr std::uint16_t kOthers = 0x01f8;

// The name of a CRL issuer that is not the authority.
inline Blob list_issuer(int number = 1, std::uint8_t tag = der::kUtf8String) {
  return pki::distinguished_name({pki::country("JP"), pki::organization("JPKI-TEST", tag),
                                  pki::common_name("CRL issuer " + std::to_string(number), tag)});
}
// In the CRL signers' partition of the authority.
inline pki::DistributionPoint told_by_authority() {
  return {.name = partition("signers")};
}
// A certificate for signing CRLs, to be signed by the authority; `points` say who tells its status.
inline pki::CertificateBuilder list_signer(const Blob& name, const std::string& key_name = "crl-signer",
                                           const std::vector<pki::DistributionPoint>& points = {
                                               told_by_authority()}) {
  auto certificate = builder(authority_name(), name, key(key_name));
  certificate.serial = {0x21};
  return certificate.add(pki::key_usage({pki::KeyUsage::kCrlSign}))
      .add(pki::crl_distribution_points_of(points));
}

}  // namespace jpki::test
