// SPDX-License-Identifier: LGPL-2.1-or-later
#include "tests/unit/validator/crl_matrix.h"

namespace jpki::test {
namespace {

using enum Answer;

Question about(const pki::CertificateBuilder& certificate, const std::vector<pki::CrlBuilder>& crls) {
  Question question = about_person(crls);
  question.certificate = certificate.sign(key("root"));
  return question;
}

pki::CertificateBuilder person_at(const std::vector<pki::DistributionPoint>& points) {
  return person().replace(pki::crl_distribution_points_of(points));
}

pki::CrlBuilder for_reasons(std::uint16_t reasons, const std::optional<Blob>& name = {}) {
  return scoped_crl({.distribution_point = name, .only_some_reasons = reasons});
}

pki::CertificateBuilder authority_below() {
  return authority(authority_name(), person_name(), "person");
}

Blob uri(const char* text) {
  return pki::distribution_point_name(pki::uri_name(text));
}

Blob many_names(int count) {
  Blob names;
  for (int i = 1; i <= count; ++i)
    der::append(names, pki::uri_name("http://crl.test/" + std::to_string(i) + ".crl"));
  return pki::distribution_point_name(names);
}

// CRL1 below the issuer's name, written in full.
Blob full_name() {
  return pki::distribution_point_name(pki::directory_name(
      pki::distinguished_name({pki::country("JP"), pki::organization("JPKI-TEST"),
                               pki::organizational_unit("JPKI for user authentication"),
                               pki::organizational_unit("Test Agency"), pki::common_name("CRL1")})));
}
Blob relative_name() {
  return pki::relative_point_name(pki::common_name("CRL1"));
}

// Meant for certificates without a distribution point of their own (6.3.3, end).
Blob issuers_name() {
  return pki::distribution_point_name(pki::directory_name(authority_name()));
}
pki::CrlBuilder issuers_part() {
  return scoped_crl({.distribution_point = issuers_name()});
}

std::vector<CrlCase> name_cases() {
  return {
      {"own city's partition", [] { return about_person({chiyoda()}); }, kGood, kGoodClause},
      {"own city's partition revokes", [] { return about_person({revoking(chiyoda())}); }, kRevoked, kListed},
      {"wrong city's partition", [] { return about_person({city_crl("Osaka CRLDP")}); }, kNotCovered,
       kNobodys},
      {"wrong city's partition lists the serial",
       [] { return about_person({revoking(city_crl("Osaka CRLDP"))}); }, kNotCovered, kNobodys},
      {"wrong city's partition lists the serial, the own one does not",
       [] {
         return about_person({revoking(city_crl("Osaka CRLDP")), chiyoda()});
       },
       kGood, kGoodClause},
      {"wrong city's clean partition beside the revoking one",
       [] {
         return about_person({revoking(chiyoda()), city_crl("Osaka CRLDP")});
       },
       kRevoked, kListed},
      {"clean partition after the revoking one",
       [] {
         return about_person({revoking(chiyoda()), aged(chiyoda(), std::chrono::hours(1))});
       },
       kRevoked, kListed},
      {"clean partition before the revoking one",
       [] {
         return about_person({aged(revoking(chiyoda()), std::chrono::hours(1)), chiyoda()});
       },
       kRevoked, kListed},
      {"partition's name in another string type and case",
       [] { return about_person({city_crl("chiyoda  crldp", der::kPrintableString)}); }, kGood, kGoodClause},
      {"issuer's name in another string type",
       [] { return about_person({revoking(full_crl(authority_name(der::kPrintableString)))}); }, kRevoked,
       kListed},
      {"another issuer's name", [] { return about_person({full_crl(person_name())}); }, kNotCovered,
       kNobodys},
      {"full CRL for a certificate with a distribution point", [] { return about_person({full_crl()}); },
       kGood, kGoodClause},
      {"no distribution point, CRL named like the issuer",
       [] {
         const auto name = pki::distribution_point_name(pki::directory_name(authority_name()));
         return about(person().remove(pki::oid::kCrlDistributionPoints),
                      {scoped_crl({.distribution_point = name})});
       },
       kGood, kGoodClause},
      {"no distribution point, a partition",
       [] { return about(person().remove(pki::oid::kCrlDistributionPoints), {chiyoda()}); }, kNotCovered,
       kNobodys},
      {"CRL named like the issuer, certificate of a partition", [] { return about_person({issuers_part()}); },
       kNotCovered, kNobodys},
      {"CRL named like the issuer revokes a certificate of a partition",
       [] { return about_person({revoking(issuers_part())}); }, kNotCovered, kNobodys},
      {"CRL named like the issuer beside the partition",
       [] {
         return about_person({issuers_part(), chiyoda()});
       },
       kGood, kGoodClause},
      {"CRL named like the issuer, distribution point of the same name",
       [] { return about(person_at({{.name = issuers_name()}}), {issuers_part()}); }, kGood, kGoodClause},
      {"CRL named like the issuer, distribution points of its and another name",
       [] {
         return about(person_at({{.name = partition("Chiyoda CRLDP")}, {.name = issuers_name()}}),
                      {issuers_part()});
       },
       kGood, kGoodClause},
      {"CRL named like the issuer, distribution point with a relative name",
       [] { return about(person_at({{.name = relative_name()}}), {issuers_part()}); }, kNotCovered, kNobodys},
      {"CRL named like the issuer, distribution point by URI",
       [] { return about(person_at({{.name = uri("http://crl.test/1.crl")}}), {issuers_part()}); }, kGood,
       kGoodClause},
      {"CRL named like the issuer, malformed distribution point",
       [] { return about(person_at({{.reasons = kCompromises}}), {issuers_part()}); }, kBroken, "4.2.1.13"},
      {"full CRL, malformed distribution point",
       [] { return about(person_at({{.reasons = kCompromises}}), {full_crl()}); }, kGood, kGoodClause},
      {"last of sixteen URIs matches",
       [] {
         return about(person_at({{.name = many_names(16)}}),
                      {scoped_crl({.distribution_point = uri("http://crl.test/16.crl")})});
       },
       kGood, kGoodClause},
      {"seventeen URIs",
       [] {
         return about(person_at({{.name = many_names(17)}}),
                      {scoped_crl({.distribution_point = uri("http://crl.test/1.crl")})});
       },
       kBroken, "too many"},
      {"URI that matches",
       [] {
         return about(person_at({{.name = uri("http://crl.test/1.crl")}}),
                      {scoped_crl({.distribution_point = uri("http://crl.test/1.crl")})});
       },
       kGood, kGoodClause},
      {"URI that does not match",
       [] {
         return about(person_at({{.name = uri("http://crl.test/1.crl")}}),
                      {scoped_crl({.distribution_point = uri("http://crl.test/2.crl")})});
       },
       kNotCovered, kNobodys},
      {"one of two distribution points",
       [] {
         return about(
             person_at({{.name = uri("http://crl.test/1.crl")}, {.name = partition("Chiyoda CRLDP")}}),
             {chiyoda()});
       },
       kGood, kGoodClause},
      {"relative name in the certificate, full in the CRL",
       [] {
         return about(person_at({{.name = relative_name()}}),
                      {scoped_crl({.distribution_point = full_name()})});
       },
       kGood, kGoodClause},
      {"relative name in the CRL, full in the certificate",
       [] {
         return about(person_at({{.name = full_name()}}),
                      {scoped_crl({.distribution_point = relative_name()})});
       },
       kGood, kGoodClause},
      {"relative names that differ",
       [] {
         const auto other = pki::relative_point_name(pki::common_name("CRL2"));
         return about(person_at({{.name = relative_name()}}), {scoped_crl({.distribution_point = other})});
       },
       kNotCovered, kNobodys},
  };
}

std::vector<CrlCase> kind_cases() {
  return {
      {"onlyContainsUserCerts for a person",
       [] { return about_person({scoped_crl({.only_contains_user_certs = true})}); }, kGood, kGoodClause},
      {"onlyContainsUserCerts for a CA",
       [] { return about(authority_below(), {scoped_crl({.only_contains_user_certs = true})}); }, kNotCovered,
       kNobodys},
      {"onlyContainsCACerts for a CA",
       [] { return about(authority_below(), {scoped_crl({.only_contains_ca_certs = true})}); }, kGood,
       kGoodClause},
      {"onlyContainsCACerts for a person",
       [] { return about_person({scoped_crl({.only_contains_ca_certs = true})}); }, kNotCovered, kNobodys},
      {"onlyContainsCACerts for a person whose basicConstraints say so",
       [] {
         return about(person().add(pki::basic_constraints(false)),
                      {scoped_crl({.only_contains_ca_certs = true})});
       },
       kNotCovered, kNobodys},
      {"onlyContainsAttributeCerts",
       [] { return about_person({scoped_crl({.only_contains_attribute_certs = true})}); }, kNotCovered,
       kNobodys},
  };
}

std::vector<CrlCase> reason_cases() {
  return {
      {"some reasons alone", [] { return about_person({for_reasons(kCompromises)}); }, kNotCovered,
       "6.3.3(l): no fresh CRL covers affiliationChanged"},
      {"the other reasons alone", [] { return about_person({for_reasons(kOthers)}); }, kNotCovered,
       "6.3.3(l): no fresh CRL covers keyCompromise, cACompromise"},
      {"all reasons over two CRLs and one of the same reasons between them",
       [] {
         return about_person({for_reasons(kCompromises),
                              aged(for_reasons(kCompromises), std::chrono::hours(7)),
                              aged(for_reasons(kOthers), std::chrono::hours(8))});
       },
       kGood, kGoodClause},
      {"all reasons over two CRLs",
       [] {
         return about_person({for_reasons(kCompromises), for_reasons(kOthers)});
       },
       kGood, kGoodClause},
      {"all reasons but one", [] { return about_person({for_reasons(0x01fe & ~0x0040)}); }, kNotCovered,
       "covers certificateHold"},
      {"revoked by one of two CRLs for some reasons",
       [] {
         return about_person({revoking(for_reasons(kCompromises)), for_reasons(kOthers)});
       },
       kRevoked, kListed},
      {"revoked by the only CRL, for some reasons",
       [] { return about_person({revoking(for_reasons(kCompromises), std::uint8_t{4})}); }, kRevoked,
       kListed},
      {"some reasons fresh, the others too old",
       [] {
         return about_person({for_reasons(kCompromises), expired(for_reasons(kOthers))});
       },
       kStale, kStaleClause},
      {"some reasons fresh, a full CRL for all",
       [] {
         return about_person({for_reasons(kCompromises), full_crl()});
       },
       kGood, kGoodClause},
      {"distribution point for some reasons",
       [] {
         return about(person_at({{.name = partition("Chiyoda CRLDP"), .reasons = kCompromises}}),
                      {chiyoda()});
       },
       kNotCovered, "6.3.3(l)"},
      {"distribution points for all reasons together",
       [] {
         return about(person_at({{.name = partition("Chiyoda CRLDP"), .reasons = kCompromises},
                                 {.name = partition("Chiyoda other"), .reasons = kOthers}}),
                      {chiyoda(), city_crl("Chiyoda other")});
       },
       kGood, kGoodClause},
      {"one CRL for two distribution points with reasons",
       [] {
         return about(person_at({{.name = partition("Chiyoda CRLDP"), .reasons = kCompromises},
                                 {.name = partition("Chiyoda CRLDP"), .reasons = kOthers}}),
                      {chiyoda()});
       },
       kGood, kGoodClause},
      {"reasons of CRL and distribution point have none in common",
       [] {
         return about(person_at({{.name = partition("Chiyoda CRLDP"), .reasons = kCompromises}}),
                      {for_reasons(kOthers, partition("Chiyoda CRLDP"))});
       },
       kNotCovered, kNobodys},
      {"onlySomeReasons without any", [] { return about_person({for_reasons(0)}); }, kBroken,
       "issuingDistributionPoint: malformed"},
      {"distribution point of reasons alone",
       [] { return about(person_at({{.reasons = kCompromises}}), {chiyoda()}); }, kBroken, "4.2.1.13"},
  };
}

}  // namespace

std::vector<CrlCase> scope_cases() {
  auto all = name_cases();
  for (const auto group : {kind_cases, reason_cases})
    for (const CrlCase& row : group()) all.push_back(row);
  return all;
}

}  // namespace jpki::test
