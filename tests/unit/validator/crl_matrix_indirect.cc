// SPDX-License-Identifier: LGPL-2.1-or-later
#include "tests/unit/validator/crl_matrix.h"

namespace jpki::test {
namespace {

using enum Answer;

Blob other_authority() {
  return pki::distinguished_name({pki::country("JP"), pki::organization("LGPKI-TEST")});
}
Blob as_general_name(const Blob& name) {
  return pki::directory_name(name);
}

// An indirect CRL with one entry for the serial of the person; `whose` is the entry's certificateIssuer.
pki::CrlBuilder indirect_crl(const std::optional<Blob>& name = partition("Chiyoda CRLDP")) {
  auto crl = full_crl(list_issuer());
  crl.entries.clear();
  return crl.add(pki::issuing_distribution_point({.distribution_point = name, .indirect_crl = true}));
}
pki::CrlBuilder& list(pki::CrlBuilder& crl, const Blob& serial, const std::optional<Blob>& whose) {
  crl.revoke(serial, kNow - kDay, std::uint8_t{1});
  if (whose) crl.entries.back().extensions.push_back(pki::certificate_issuer({as_general_name(*whose)}));
  return crl;
}
pki::CrlBuilder listing(const std::optional<Blob>& whose) {
  auto crl = indirect_crl();
  return list(crl, kPersonSerial, whose);
}
pki::CrlBuilder with_entry_extension(pki::Extension extension) {
  auto crl = listing({});
  crl.entries.back().extensions.push_back(std::move(extension));
  return crl;
}

Question asked_at(const std::vector<pki::DistributionPoint>& points) {
  Question question;
  question.certificate = person().replace(pki::crl_distribution_points_of(points)).sign(key("root"));
  question.pool = {list_signer(list_issuer()).sign(key("root"))};
  return question.with(city_crl("signers"));
}
Question asked(const pki::DistributionPoint& point, const pki::CrlBuilder& crl) {
  auto question = asked_at({point});
  question.crls.insert(question.crls.begin(), crl.sign(key("crl-signer")));
  return question;
}
Question asked(const pki::CrlBuilder& crl) {
  return asked({.name = partition("Chiyoda CRLDP"), .crl_issuer = {as_general_name(list_issuer())}}, crl);
}

// The signer's certificate names the signer itself: nobody else publishes its status.
Question with_own_status(const pki::CrlBuilder& crl) {
  auto question = asked(crl);
  const auto signer =
      list_signer(list_issuer(), "crl-signer", {{.crl_issuer = {as_general_name(list_issuer())}}});
  question.pool = {signer.sign(key("root"))};
  question.crls.pop_back();
  return question;
}

std::vector<CrlCase> entry_cases() {
  return {
      {"indirect, clean", [] { return asked(indirect_crl()); }, kGood, kGoodClause},
      {"indirect entry of our issuer", [] { return asked(listing(authority_name())); }, kRevoked, kListed},
      {"indirect entry of our issuer in another string type",
       [] { return asked(listing(authority_name(der::kPrintableString))); }, kRevoked, kListed},
      {"indirect entry without certificateIssuer", [] { return asked(listing({})); }, kGood, kGoodClause},
      {"indirect entry of another issuer", [] { return asked(listing(other_authority())); }, kGood,
       kGoodClause},
      {"certificateIssuer carried over",
       [] {
         auto crl = indirect_crl();
         list(crl, Blob{0x11}, authority_name());
         list(crl, Blob{0x12}, {});
         return asked(list(crl, kPersonSerial, {}));
       },
       kRevoked, kListed},
      {"certificateIssuer replaced by another",
       [] {
         auto crl = indirect_crl();
         list(crl, Blob{0x11}, authority_name());
         list(crl, Blob{0x12}, other_authority());
         return asked(list(crl, kPersonSerial, {}));
       },
       kGood, kGoodClause},
      {"certificateIssuer returns",
       [] {
         auto crl = indirect_crl();
         list(crl, Blob{0x11}, authority_name());
         list(crl, Blob{0x12}, other_authority());
         list(crl, Blob{0x13}, authority_name());
         return asked(list(crl, kPersonSerial, {}));
       },
       kRevoked, kListed},
      {"certificateIssuer with several names",
       [] {
         return asked(with_entry_extension(
             pki::certificate_issuer({as_general_name(other_authority()), pki::uri_name("ldap://x"),
                                      as_general_name(authority_name())})));
       },
       kRevoked, kListed},
      {"certificateIssuer that is not critical",
       [] {
         auto extension = pki::certificate_issuer({as_general_name(authority_name())});
         extension.critical = false;
         return asked(with_entry_extension(extension));
       },
       kRevoked, kListed},
      {"certificateIssuer without a directoryName",
       [] { return asked(with_entry_extension(pki::certificate_issuer({pki::uri_name("ldap://x")}))); },
       kBroken, "5.3.3"},
      {"certificateIssuer without a name",
       [] { return asked(with_entry_extension(pki::certificate_issuer({}))); }, kBroken, "certificateIssuer"},
      {"certificateIssuer in a list that is not indirect",
       [] {
         auto crl = chiyoda();
         return about_person({list(crl, Blob{0x13}, other_authority())});
       },
       kBroken, "5.3.3: certificateIssuer in a CRL that is not indirect"},
  };
}

std::vector<CrlCase> issuer_cases() {
  return {
      {"cRLIssuer whose list is not indirect",
       [] {
         auto crl = full_crl(list_issuer());
         return asked(
             crl.add(pki::issuing_distribution_point({.distribution_point = partition("Chiyoda CRLDP")})));
       },
       kNotCovered, kNobodys},
      {"cRLIssuer whose list has no distribution point", [] { return asked(full_crl(list_issuer())); },
       kNotCovered, kNobodys},
      {"indirect list of an issuer that the certificate does not name",
       [] { return asked({.name = partition("Chiyoda CRLDP")}, listing(authority_name())); }, kNotCovered,
       kNobodys},
      {"indirect list of another cRLIssuer",
       [] {
         return asked(
             {.name = partition("Chiyoda CRLDP"), .crl_issuer = {as_general_name(other_authority())}},
             listing(authority_name()));
       },
       kNotCovered, kNobodys},
      {"second of two cRLIssuers, in another string type",
       [] {
         const auto name = as_general_name(list_issuer(1, der::kPrintableString));
         return asked(
             {.name = partition("Chiyoda CRLDP"), .crl_issuer = {as_general_name(other_authority()), name}},
             listing(authority_name()));
       },
       kRevoked, kListed},
      {"indirect list of another partition", [] { return asked(indirect_crl(partition("Osaka CRLDP"))); },
       kNotCovered, kNobodys},
      {"cRLIssuer for some reasons, another cRLIssuer for the others",
       [] {
         return asked_at({{.name = partition("Chiyoda CRLDP"),
                           .reasons = kCompromises,
                           .crl_issuer = {as_general_name(list_issuer())}},
                          {.name = partition("Chiyoda CRLDP"),
                           .reasons = kOthers,
                           .crl_issuer = {as_general_name(other_authority())}}})
             .with(indirect_crl(), "crl-signer");
       },
       kNotCovered, "6.3.3(l): no fresh CRL covers affiliationChanged"},
      {"indirect list of the issuer, the cRLIssuer is another",
       [] {
         const auto name = partition("Chiyoda CRLDP");
         return asked_at({{.name = name, .crl_issuer = {as_general_name(list_issuer())}}})
             .with(scoped_crl({.distribution_point = name, .indirect_crl = true}));
       },
       kNotCovered, kNobodys},
      {"indirect list of the issuer's partition, the cRLIssuer is of another",
       [] {
         return asked_at({{.name = partition("Chiyoda CRLDP")},
                          {.name = partition("Osaka CRLDP"), .crl_issuer = {as_general_name(list_issuer())}}})
             .with(listing(authority_name()), "crl-signer");
       },
       kNotCovered, kNobodys},
      {"indirect list without a name", [] { return asked(indirect_crl({})); }, kGood, kGoodClause},
      {"cRLIssuer alone, list named like it",
       [] {
         const auto name = pki::distribution_point_name(as_general_name(list_issuer()));
         return asked({.crl_issuer = {as_general_name(list_issuer())}}, indirect_crl(name));
       },
       kGood, kGoodClause},
      {"cRLIssuer alone, list of a partition",
       [] { return asked({.crl_issuer = {as_general_name(list_issuer())}}, indirect_crl()); }, kNotCovered,
       kNobodys},
      {"name relative to the cRLIssuer",
       [] {
         const auto relative = pki::relative_point_name(pki::common_name("CRL1"));
         return asked({.name = relative, .crl_issuer = {as_general_name(list_issuer())}},
                      indirect_crl(relative));
       },
       kGood, kGoodClause},
      {"name relative to two cRLIssuers",
       [] {
         const auto relative = pki::relative_point_name(pki::common_name("CRL1"));
         return asked({.name = relative,
                       .crl_issuer = {as_general_name(authority_name()), as_general_name(list_issuer())}},
                      scoped_crl({.distribution_point = relative}));
       },
       kBroken, "4.2.1.13: nameRelativeToCRLIssuer"},
      {"cRLIssuer for some reasons, issuer for the others",
       [] {
         return asked({.name = partition("Chiyoda CRLDP"),
                       .reasons = kCompromises,
                       .crl_issuer = {as_general_name(list_issuer())}},
                      indirect_crl())
             .with(scoped_crl({.only_some_reasons = kOthers}));
       },
       kGood, kGoodClause},
      {"cRLIssuer for some reasons alone",
       [] {
         return asked({.name = partition("Chiyoda CRLDP"),
                       .reasons = kCompromises,
                       .crl_issuer = {as_general_name(list_issuer())}},
                      indirect_crl());
       },
       kNotCovered, "6.3.3(l)"},
      {"cRLIssuer whose certificate is missing",
       [] {
         auto question = asked(indirect_crl());
         question.pool.clear();
         return question;
       },
       kBroken, "6.3.3(f): no certificate of the CRL's issuer"},
      {"cRLIssuer that its own certificate names as cRLIssuer",
       [] { return with_own_status(indirect_crl({})); }, kGood, kGoodClause},
      {"cRLIssuer that lists itself",
       [] {
         auto crl = indirect_crl({});
         return with_own_status(list(crl, Blob{0x21}, authority_name()));
       },
       kBroken, "own status: RFC 5280 6.3.3(j)"},
      {"cRLIssuer whose status is not known",
       [] {
         auto question = asked(indirect_crl());
         question.crls.pop_back();
         return question;
       },
       kBroken, "6.3.3(f): the CRL signer's own status"},
  };
}

std::vector<CrlCase> own_cases() {
  return {
      {"the issuer's own list is indirect, entry without certificateIssuer",
       [] { return about_person({revoking(scoped_crl({.indirect_crl = true}))}); }, kRevoked, kListed},
      {"the issuer's own list is indirect, entry of another issuer",
       [] {
         auto crl = scoped_crl({.indirect_crl = true});
         return about_person({list(crl, kPersonSerial, other_authority())});
       },
       kGood, kGoodClause},
      {"the anchor lists for the CAs below it",
       [] {
         Question question;
         question.certificate = person(other_authority(), "impostor")
                                    .replace(pki::crl_distribution_points_of(
                                        {{.crl_issuer = {as_general_name(authority_name())}}}))
                                    .sign(key("impostor"));
         question.chain = {authority(authority_name(), other_authority(), "impostor").sign(key("root")),
                           root()};
         auto crl = scoped_crl({.indirect_crl = true});
         return question.with(list(crl, kPersonSerial, other_authority()));
       },
       kRevoked, kListed},
  };
}

}  // namespace

std::vector<CrlCase> indirect_cases() {
  auto all = entry_cases();
  for (const auto group : {issuer_cases, own_cases})
    for (const CrlCase& row : group()) all.push_back(row);
  return all;
}

}  // namespace jpki::test
