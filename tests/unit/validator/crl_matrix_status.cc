// SPDX-License-Identifier: LGPL-2.1-or-later
//
// CRL signers among many: which of them is tried, and who tells the status of each.
#include "tests/unit/validator/crl_matrix.h"

namespace jpki::test {
namespace {

using enum Answer;

pki::DistributionPoint told_by(int number, std::optional<std::uint16_t> reasons = {}) {
  return {.reasons = reasons, .crl_issuer = {pki::directory_name(list_issuer(number))}};
}

// The certificate of a CRL issuer; `points` say who tells its status. All have one key.
Blob signer_of(int number, const std::vector<pki::DistributionPoint>& points) {
  auto certificate = list_signer(list_issuer(number), "crl-signer", points);
  certificate.serial = {0x40, static_cast<std::uint8_t>(number)};
  return certificate.sign(key("root"));
}
Blob list_by(int number) {
  auto crl = full_crl(list_issuer(number)).add(pki::issuing_distribution_point({.indirect_crl = true}));
  return crl.sign(key("crl-signer"));
}

// The person's status is told by these issuers.
Question asked_of(const std::vector<pki::DistributionPoint>& points) {
  Question question;
  question.certificate = person().replace(pki::crl_distribution_points_of(points)).sign(key("root"));
  return question.with(city_crl("signers"));
}

// Adds the CRL issuers from `first` to `last`: each has its status from the next one, the last from the
// authority.
Question& with_row(Question& question, int first, int last) {
  for (int number = first; number <= last; ++number) {
    question.pool.push_back(signer_of(number, {number == last ? told_by_authority() : told_by(number + 1)}));
    question.crls.push_back(list_by(number));
  }
  return question;
}
Question row_of(int count) {
  auto question = asked_of({told_by(1)});
  return with_row(question, 1, count);
}

// Sixteen CRL issuers that all have their status from the first of a row of four.
Question sixteen_above_one_row() {
  std::vector<pki::DistributionPoint> points;
  for (int number = 1; number <= 16; ++number) points.push_back(told_by(number));
  auto question = asked_of(points);
  for (int number = 1; number <= 16; ++number) {
    question.pool.push_back(signer_of(number, {told_by(17)}));
    question.crls.push_back(list_by(number));
  }
  return with_row(question, 17, 20);
}

std::vector<CrlCase> row_cases() {
  return {
      {"sixty-four CRL signers in a row", [] { return row_of(64); }, kGood, kGoodClause},
      {"sixty-five CRL signers in a row", [] { return row_of(65); }, kBroken,
       "6.3.3(f): too many CRL signers"},
      {"CRL signers whose status is told by the same ones", sixteen_above_one_row, kGood, kGoodClause},
      {"what was not known of a CRL signer in a circle is known of it elsewhere",
       [] {
         auto question = asked_of({told_by(1, kCompromises), told_by(2, kOthers)});
         question.pool = {signer_of(1, {told_by(2), told_by_authority()}), signer_of(2, {told_by(1)})};
         question.crls.push_back(list_by(1));
         question.crls.push_back(list_by(2));
         return question;
       },
       kGood, kGoodClause},
      {"CRL signer that is asked about itself",
       [] {
         Question question;
         question.certificate = signer_of(1, {told_by(2)});
         question.pool = {question.certificate, signer_of(2, {told_by(1)})};
         question.crls = {list_by(1), list_by(2)};
         return question;
       },
       kBroken, "only CRLs that it signed"},
      {"CRL signer that is asked about itself and that its certificate names",
       [] {
         Question question;
         question.certificate = signer_of(1, {told_by(1)});
         question.pool = {question.certificate};
         question.crls = {list_by(1)};
         return question;
       },
       kGood, kGoodClause},
  };
}

// Another certificate of the authority's name, for "crl-signer" or another key.
pki::CertificateBuilder namesake(int number, const std::string& key_name = "second-signer") {
  auto certificate = list_signer(authority_name(), key_name);
  certificate.serial = {0x41, static_cast<std::uint8_t>(number)};
  return certificate;
}
pki::CertificateBuilder identified_signer() {
  return namesake(0, "crl-signer").add(pki::subject_key_identifier(key("crl-signer").key_identifier()));
}

// The person's partition, signed by the last of so many certificates of the authority's name besides its own.
Question last_of(int count, const pki::CrlBuilder& crl = chiyoda()) {
  Question question;
  for (int number = 1; number < count; ++number) question.pool.push_back(namesake(number).sign(key("root")));
  question.pool.push_back(identified_signer().sign(key("root")));
  return question.with(crl, "crl-signer").with(city_crl("signers"));
}
Question beside_anchor(const std::vector<trust::Function>& functions) {
  auto question =
      last_of(1, chiyoda().add(pki::authority_key_identifier(key("crl-signer").key_identifier())));
  question.other_anchors = {root("crl-signer")};
  question.other_functions = functions;
  return question;
}

// The path's intermediate has sixteen more certificates for its key; the CRL is by another key of its name.
Question behind_many_of_one_key() {
  const Blob name = pki::distinguished_name({pki::country("JP"), pki::organization("LGPKI-TEST")});
  auto intermediate = authority(authority_name(), name, "impostor");
  Question question;
  question.certificate = person(name, "impostor").sign(key("impostor"));
  question.chain = {intermediate.sign(key("root")), root()};
  for (std::uint8_t number = 1; number <= 16; ++number) {
    intermediate.serial = {0x42, number};
    question.pool.push_back(intermediate.sign(key("root")));
  }
  auto signer = namesake(1, "crl-signer");
  signer.subject = name;
  question.pool.push_back(signer.sign(key("root")));
  return question.with(full_crl(name), "crl-signer").with(city_crl("signers"));
}

std::vector<CrlCase> candidate_cases() {
  return {
      {"the last of sixteen certificates of the name signs", [] { return last_of(15); }, kGood, kGoodClause},
      {"the last of seventeen certificates of the name signs", [] { return last_of(16); }, kBroken,
       "6.3.3(g): the CRL is not signed"},
      {"the last of many certificates of the name is the one with the CRL's key identifier",
       [] {
         return last_of(20, chiyoda().add(pki::authority_key_identifier(key("crl-signer").key_identifier())));
       },
       kGood, kGoodClause},
      {"the key of the path in many certificates is tried once", behind_many_of_one_key, kGood, kGoodClause},
      {"another key of the name, no key identifier, a root of that key among the intermediates",
       [] {
         auto question = Question().with(full_crl(), "impostor");
         question.pool = {root("impostor")};
         return question;
       },
       kBroken, "6.3.3(g): the CRL is not signed"},
      {"separate key without cRLSign, no key identifier",
       [] {
         auto question = last_of(1);
         question.pool = {namesake(1, "crl-signer")
                              .replace(pki::key_usage({pki::KeyUsage::kDigitalSignature}))
                              .sign(key("root"))};
         return question;
       },
       kBroken, "6.3.3(f): the CRL signer's keyUsage"},
      {"separate key vouches for itself, another distribution point names another cRLIssuer",
       [] {
         Question question;
         auto other = told_by(1);
         other.name = partition("other");
         question.pool = {identified_signer()
                              .replace(pki::crl_distribution_points_of({told_by_authority(), other}))
                              .sign(key("root"))};
         return question.with(chiyoda(), "crl-signer").with(city_crl("signers"), "crl-signer");
       },
       kBroken, "only CRLs that it signed"},
      {"separate key with the name and key of another anchor",
       [] { return beside_anchor(trust::kDefaultFunctions); }, kNotCovered, kNobodys},
      {"separate key with the name and key of an anchor of another store",
       [] { return beside_anchor({trust::Function::kTls}); }, kGood, kGoodClause},
  };
}

}  // namespace

std::vector<CrlCase> status_cases() {
  auto all = row_cases();
  for (const CrlCase& row : candidate_cases()) all.push_back(row);
  return all;
}

}  // namespace jpki::test
