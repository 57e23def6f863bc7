// SPDX-License-Identifier: LGPL-2.1-or-later
#include "tests/unit/validator/crl_matrix.h"

namespace jpki::test {
namespace {

using enum Answer;

constexpr std::uint8_t kKeyCompromise = 1;

pki::Extension number_of(const Blob& contents) {
  return {pki::oid::kCrlNumber, false, der::raw_integer(contents)};
}
pki::Extension key_of(const char* name) {
  return pki::authority_key_identifier(key(name).key_identifier());
}

// The person's status is told by the authority and by list_issuer(), both with the authority's key: `of_base`
// holds, a delta of list_issuer() removes.
Question of_two_issuers(const Blob& of_base) {
  const Blob name = partition("Chiyoda CRLDP");
  const auto about = [](pki::CrlBuilder crl, std::uint8_t reason) {
    crl.entries.clear();
    crl.revoke(kPersonSerial, kNow - kDay, reason);
    crl.entries[0].extensions = {pki::certificate_issuer({pki::directory_name(authority_name())})};
    return crl;
  };
  const auto indirect = [&](const Blob& issuer) {
    return full_crl(issuer).add(
        pki::issuing_distribution_point({.distribution_point = name, .indirect_crl = true}));
  };
  auto question =
      about_person({about(indirect(of_base), kCertificateHold),
                    about(delta_of(indirect(list_issuer())), kRemoveFromCrl), city_crl("signers")});
  question.certificate =
      person()
          .replace(pki::crl_distribution_points_of(
              {{.name = name}, {.name = name, .crl_issuer = {pki::directory_name(list_issuer())}}}))
          .sign(key("root"));
  question.pool = {list_signer(list_issuer(), "root").sign(key("root"))};
  return question;
}

std::vector<CrlCase> pair_cases() {
  return {
      {"delta alone", [] { return about_person({delta()}); }, kNotCovered, "5.2.4"},
      {"delta alone that revokes", [] { return about_person({revoking(delta())}); }, kRevoked, "6.3.3(i)"},
      {"delta alone that holds", [] { return about_person({holding(delta())}); }, kRevoked, kHeld},
      {"delta alone that removes", [] { return about_person({removing(delta())}); }, kNotCovered, "5.2.4"},
      {"delta whose indicator is not critical",
       [] {
         auto indicator = pki::delta_crl_indicator(7);
         indicator.critical = false;
         return about_person({delta().replace(indicator)});
       },
       kNotCovered, "5.2.4"},
      {"base and delta, both clean",
       [] {
         return about_person({full_crl(), delta()});
       },
       kGood, kGoodClause},
      {"delta revokes",
       [] {
         return about_person({full_crl(), revoking(delta())});
       },
       kRevoked, "6.3.3(i)"},
      {"delta holds",
       [] {
         return about_person({full_crl(), holding(delta())});
       },
       kRevoked, kHeld},
      {"delta too old revokes",
       [] {
         return about_person({full_crl(), revoking(expired(delta()))});
       },
       kRevoked, "6.3.3(i)"},
      {"delta too old holds",
       [] {
         return about_person({full_crl(), holding(expired(delta()))});
       },
       kRevoked, kHeld},
      {"base holds, delta is silent",
       [] {
         return about_person({holding(full_crl()), delta()});
       },
       kRevoked, kHeld},
      {"base holds, delta removes",
       [] {
         return about_person({holding(full_crl()), removing(delta())});
       },
       kGood, kGoodClause},
      {"base holds, delta too old removes",
       [] {
         return about_person({holding(full_crl()), removing(expired(delta()))});
       },
       kRevoked, kHeld},
      {"base revokes, delta removes",
       [] {
         return about_person({revoking(full_crl(), kKeyCompromise), removing(delta())});
       },
       kRevoked, kListed},
      {"delta both holds and removes",
       [] {
         return about_person({full_crl(), holding(removing(delta()))});
       },
       kRevoked, kHeld},
      {"base too old, delta fresh",
       [] {
         return about_person({expired(full_crl()), delta()});
       },
       kGood, kGoodClause},
      {"base older than max_age, delta fresh",
       [] {
         return about_person({aged(full_crl(), std::chrono::hours(60)), delta()});
       },
       kGood, kGoodClause},
      {"base too old holds, delta fresh and silent",
       [] {
         return about_person({holding(expired(full_crl())), delta()});
       },
       kRevoked, kHeld},
      {"base and delta too old",
       [] {
         return about_person({expired(full_crl()), expired(delta())});
       },
       kStale, kStaleClause},
      {"base too old, delta from the future",
       [] {
         return about_person({expired(full_crl()), aged(delta(), std::chrono::hours(-1))});
       },
       kStale, kStaleClause},
      {"base too old, delta from the future revokes",
       [] {
         return about_person({expired(full_crl()), aged(revoking(delta()), std::chrono::hours(-1))});
       },
       kRevoked, "6.3.3(i)"},
      {"base holds, delta from the future removes",
       [] {
         return about_person({holding(full_crl()), aged(removing(delta()), std::chrono::hours(-1))});
       },
       kRevoked, kHeld},
      {"older delta holds, newer one removes",
       [] {
         return about_person(
             {holding(full_crl()), aged(holding(delta(7, 8)), std::chrono::hours(2)), removing(delta())});
       },
       kGood, kGoodClause},
      {"older delta removes, newer one holds",
       [] {
         return about_person(
             {holding(full_crl()), aged(removing(delta(7, 8)), std::chrono::hours(2)), holding(delta())});
       },
       kRevoked, kHeld},
  };
}

// That the two do not belong together shows in a hold that is not removed.
std::vector<CrlCase> mismatch_cases() {
  return {
      {"delta begins after the base",
       [] {
         return about_person({holding(full_crl()), removing(delta(8))});
       },
       kRevoked, kHeld},
      {"delta begins before the base",
       [] {
         return about_person({holding(full_crl()), removing(delta(3))});
       },
       kGood, kGoodClause},
      {"delta older than the base",
       [] {
         return about_person({holding(full_crl()), removing(delta(3, 6))});
       },
       kRevoked, kHeld},
      {"delta of the base's number",
       [] {
         return about_person({holding(full_crl()), removing(delta(3, 7))});
       },
       kRevoked, kHeld},
      {"delta of a partition, base of all",
       [] {
         return about_person({holding(full_crl()), removing(delta_of(chiyoda()))});
       },
       kRevoked, kHeld},
      {"delta of all, base of a partition",
       [] {
         return about_person({holding(chiyoda()), removing(delta())});
       },
       kRevoked, kHeld},
      {"delta and base of one partition in other strings",
       [] {
         return about_person(
             {holding(chiyoda()), removing(delta_of(city_crl("CHIYODA crldp", der::kPrintableString)))});
       },
       kGood, kGoodClause},
      {"delta of user certificates, base of a partition",
       [] {
         const auto users = scoped_crl({.only_contains_user_certs = true});
         return about_person({holding(chiyoda()), removing(delta_of(users))});
       },
       kRevoked, kHeld},
      {"delta for some reasons, base for all",
       [] {
         const auto some = scoped_crl({.only_some_reasons = std::uint16_t{0x0006}});
         return about_person({holding(full_crl()), removing(delta_of(some))});
       },
       kRevoked, kHeld},
      {"delta with an authorityKeyIdentifier, base without",
       [] {
         return about_person({holding(full_crl()), removing(delta()).add(key_of("root"))});
       },
       kRevoked, kHeld},
      {"delta and base with one authorityKeyIdentifier",
       [] {
         return about_person(
             {holding(full_crl()).add(key_of("root")), removing(delta()).add(key_of("root"))});
       },
       kGood, kGoodClause},
      {"delta and base with different authorityKeyIdentifiers",
       [] {
         return about_person(
             {holding(full_crl()).add(key_of("root")), removing(delta()).add(key_of("impostor"))});
       },
       kRevoked, kHeld},
      {"delta by another key of the issuer",
       [] {
         auto question = about_person({holding(chiyoda()), city_crl("signers")});
         question.pool = {list_signer(authority_name()).sign(key("root"))};
         return question.with(removing(delta_of(chiyoda())), "crl-signer");
       },
       kRevoked, kHeld},
      {"delta by another issuer with the same key", [] { return of_two_issuers(authority_name()); }, kRevoked,
       kHeld},
      {"delta and base by one cRLIssuer", [] { return of_two_issuers(list_issuer()); }, kGood, kGoodClause},
      {"delta by another generation's key",
       [] {
         auto question = about_person({holding(full_crl())});
         return question.with(removing(delta()).add(key_of("impostor")), "impostor");
       },
       kRevoked, kHeld},
      {"base without a number",
       [] {
         return about_person({holding(full_crl()).remove(pki::oid::kCrlNumber), removing(delta())});
       },
       kRevoked, kHeld},
      {"delta without a number",
       [] {
         return about_person({holding(full_crl()), removing(delta()).remove(pki::oid::kCrlNumber)});
       },
       kRevoked, kHeld},
      {"delta with an unknown critical extension",
       [] {
         return about_person({holding(full_crl()), removing(delta()).add({"2.999.1", true, der::null()})});
       },
       kRevoked, kHeld},
      {"wrong city's delta that revokes",
       [] {
         return about_person({chiyoda(), revoking(delta_of(city_crl("Osaka CRLDP")))});
       },
       kGood, kGoodClause},
      {"removeFromCRL in a list that is no delta", [] { return about_person({removing(full_crl())}); },
       kBroken, "5.3.1: removeFromCRL"},
  };
}

std::vector<CrlCase> number_cases() {
  return {
      {"numbers of different lengths",
       [] {
         return about_person({holding(full_crl()).replace(pki::crl_number(127)), removing(delta(127, 256))});
       },
       kGood, kGoodClause},
      {"numbers whose first octet says nothing",
       [] {
         return about_person({holding(full_crl()).replace(pki::crl_number(127)), removing(delta(128, 300))});
       },
       kRevoked, kHeld},
      {"number zero", [] { return about_person({full_crl().replace(pki::crl_number(0))}); }, kGood,
       kGoodClause},
      {"number of 20 octets", [] { return about_person({full_crl().replace(number_of(Blob(20, 0x7f)))}); },
       kGood, kGoodClause},
      {"number of 21 octets", [] { return about_person({full_crl().replace(number_of(Blob(21, 0x7f)))}); },
       kUndecodable, "5.2.3"},
      {"negative number", [] { return about_person({full_crl().replace(number_of(Blob{0xff}))}); },
       kUndecodable, "5.2.3"},
      {"number that is no INTEGER",
       [] {
         return about_person({full_crl().replace({pki::oid::kCrlNumber, false, der::enumerated(7)})});
       },
       kUndecodable, "5.2.3"},
      {"number with a superfluous zero",
       [] {
         return about_person({full_crl().replace(number_of(Blob{0x00, 0x07}))});
       },
       kUndecodable, "5.2.3"},
      {"negative base number",
       [] {
         return about_person(
             {full_crl().add({pki::oid::kDeltaCrlIndicator, true, der::raw_integer(Blob{0x80})})});
       },
       kUndecodable, "5.2.4"},
      {"critical number",
       [] {
         auto number = pki::crl_number(7);
         number.critical = true;
         return about_person({full_crl().replace(number)});
       },
       kGood, kGoodClause},
  };
}

}  // namespace

std::vector<CrlCase> delta_cases() {
  auto all = pair_cases();
  for (const auto group : {mismatch_cases, number_cases})
    for (const CrlCase& row : group()) all.push_back(row);
  return all;
}

}  // namespace jpki::test
