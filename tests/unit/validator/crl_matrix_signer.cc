// SPDX-License-Identifier: LGPL-2.1-or-later
#include "tests/unit/validator/crl_matrix.h"

namespace jpki::test {
namespace {

using enum Answer;

pki::Extension key_of(const std::string& name) {
  return pki::authority_key_identifier(key(name).key_identifier());
}

// A certificate that the authority issued to itself for another key, to sign CRLs with; its own status is in
// the partition "signers".
pki::CertificateBuilder crl_signer(const std::string& key_name = "crl-signer") {
  return list_signer(authority_name(), key_name)
      .add(pki::subject_key_identifier(key(key_name).key_identifier()));
}

// The person's partition signed by that key.
Question by_signer(const pki::CertificateBuilder& signer, const pki::CrlBuilder& crl = chiyoda(),
                   const std::string& key_name = "crl-signer") {
  Question question;
  question.pool = {signer.sign(key("root"))};
  auto with_identifier = crl;
  with_identifier.add(key_of(key_name));
  return question.with(with_identifier, key_name);
}

pki::CrlBuilder signers_crl() {
  return city_crl("signers");
}

// person ← intermediate "impostor" ← root
Question below_intermediate(const Blob& name) {
  Question question;
  question.certificate = person(name, "impostor").sign(key("impostor"));
  question.chain = {authority(authority_name(), name, "impostor").sign(key("root")), root()};
  return question;
}

Blob lgpki_name() {
  return pki::distinguished_name({pki::country("JP"), pki::organization("LGPKI-TEST")});
}

// A separate key for the CRLs of the intermediate, certified by this issuer.
pki::CertificateBuilder lgpki_signer(const Blob& issuer) {
  auto signer = builder(issuer, lgpki_name(), key("crl-signer"));
  signer.serial = {0x21};
  return signer.add(pki::key_usage({pki::KeyUsage::kCrlSign}))
      .add(pki::crl_distribution_points({partition("signers")}));
}

// "impostor" is the key of a retired generation, an anchor still for what it signed; `link` certifies it with
// the new generation's key.
Question between_generations(const pki::CrlBuilder& crl, const std::string& key_name,
                             std::size_t encoding = 0) {
  auto link = authority(authority_name(), authority_name(), "impostor");
  link.subject_public_key_info =
      with_key_algorithm(link.subject_public_key_info, rsa_key_algorithms()[encoding]);
  link.serial = {0x44};
  Question question;
  question.pool = {link.sign(key("root"))};
  question.other_anchors = {root("impostor")};
  return question.with(crl, key_name).with(scoped_crl({.only_contains_ca_certs = true}));
}

std::vector<CrlCase> generation_cases() {
  return {
      {"retired generation's CRL through a link certificate",
       [] { return between_generations(chiyoda().add(key_of("impostor")), "impostor"); }, kNotCovered,
       kNobodys},
      {"retired generation's CRL through a link certificate revokes",
       [] { return between_generations(revoking(chiyoda()).add(key_of("impostor")), "impostor"); },
       kNotCovered, kNobodys},
      {"retired generation's CRL beside the own one",
       [] {
         return between_generations(revoking(chiyoda()).add(key_of("impostor")), "impostor").with(chiyoda());
       },
       kGood, kGoodClause},
      {"retired generation's CRL through a link certificate with its key in another encoding",
       [] { return between_generations(chiyoda().add(key_of("impostor")), "impostor", 1); }, kNotCovered,
       kNobodys},
      {"retired generation's CRL through a link certificate with its key as id-ea-rsa",
       [] { return between_generations(chiyoda().add(key_of("impostor")), "impostor", 3); }, kBroken,
       "6.3.3(g): the CRL's signature algorithm is not supported"},
      {"CRL signer below a retired generation, through a link certificate",
       [] {
         auto question = between_generations(chiyoda().add(key_of("crl-signer")), "crl-signer");
         question.pool.push_back(crl_signer().sign(key("impostor")));
         return question.with(signers_crl());
       },
       kNotCovered, kNobodys},
      {"link certificate of a generation that is no anchor",
       [] {
         auto question = between_generations(chiyoda().add(key_of("impostor")), "impostor");
         question.other_anchors.clear();
         return question;
       },
       kGood, kGoodClause},
  };
}

std::vector<CrlCase> key_cases() {
  return {
      {"another key of the name, no key identifier", [] { return Question().with(full_crl(), "impostor"); },
       kBroken, "6.3.3(g): the CRL is not signed"},
      {"another generation's key of the name",
       [] { return Question().with(revoking(full_crl()).add(key_of("impostor")), "impostor"); }, kNotCovered,
       kNobodys},
      {"another generation's key, its root among the intermediates",
       [] {
         auto question = Question().with(revoking(full_crl()).add(key_of("impostor")), "impostor");
         question.pool = {root("impostor")};
         return question;
       },
       kNotCovered, kNobodys},
      {"another generation's CRL with an unknown critical extension",
       [] {
         auto crl = full_crl().add(key_of("impostor")).add({"2.999.1", true, der::null()});
         return Question().with(crl, "impostor");
       },
       kNotCovered, kNobodys},
      {"another generation's CRL beside the own one",
       [] {
         return about_person({full_crl()}).with(revoking(full_crl()).add(key_of("impostor")), "impostor");
       },
       kGood, kGoodClause},
      {"own key identifier, another's signature",
       [] { return Question().with(full_crl().add(key_of("root")), "impostor"); }, kBroken, "6.3.3(g)"},
      {"another's key identifier, own signature",
       [] { return about_person({full_crl().add(key_of("impostor"))}); }, kGood, kGoodClause},
      {"key identifier as issuer and serial alone",
       [] {
         const Blob names = der::tlv(der::context_constructed(1), pki::directory_name(authority_name()));
         const Blob serial = der::tlv(der::context(2), Blob{0x01});
         return about_person(
             {full_crl().add({pki::oid::kAuthorityKeyIdentifier, false, der::sequence({names, serial})})});
       },
       kGood, kGoodClause},
      {"damaged signature",
       [] {
         auto crl = full_crl();
         crl.signature.corrupt = true;
         return about_person({crl});
       },
       kBroken, "6.3.3(g)"},
      {"SHA-1",
       [] {
         auto crl = full_crl();
         crl.signature.digest = pki::Digest::kSha1;
         return about_person({crl});
       },
       kBroken, "6.3.3(g): the CRL's signature algorithm or key is too weak"},
      {"SHA-1 where it is allowed",
       [] {
         auto crl = full_crl();
         crl.signature.digest = pki::Digest::kSha1;
         auto question = about_person({crl});
         question.policy.algorithms.allow_sha1 = true;
         return question;
       },
       kGood, kGoodClause},
      {"MD5, whatever is allowed",
       [] {
         auto crl = full_crl();
         crl.signature.digest = pki::Digest::kMd5;
         auto question = about_person({crl});
         question.policy.algorithms.allow_sha1 = true;
         return question;
       },
       kBroken, "too weak"},
      {"short key",
       [] {
         Question question;
         question.chain = {root("short")};
         return question.with(full_crl(), "short");
       },
       kBroken, "too weak"},
      {"P-384",
       [] {
         Question question;
         question.chain = {root("p384")};
         auto crl = full_crl();
         crl.signature.digest = pki::Digest::kSha384;
         return question.with(crl, "p384");
       },
       kGood, kGoodClause},
      {"issuer without cRLSign",
       [] {
         auto question = about_person({full_crl()});
         question.chain = {authority(authority_name(), authority_name(), "root")
                               .replace(pki::key_usage({pki::KeyUsage::kKeyCertSign}))
                               .sign(key("root"))};
         return question;
       },
       kBroken, "6.3.3(f): the CRL signer's keyUsage"},
      {"issuer without keyUsage",
       [] {
         auto question = about_person({full_crl()});
         question.chain = {authority(authority_name(), authority_name(), "root")
                               .remove(pki::oid::kKeyUsage)
                               .sign(key("root"))};
         return question;
       },
       kGood, kGoodClause},
      {"anchor without the function revocation-data",
       [] {
         auto question = about_person({full_crl()});
         question.functions = {trust::Function::kLogin};
         return question;
       },
       kBroken, "revocation-data"},
      {"anchor of validation servers, for its own delegates",
       [] {
         auto question = by_signer(crl_signer()).with(signers_crl());
         question.functions = {trust::Function::kCvsSigner};
         return question;
       },
       kGood, kGoodClause},
      {"anchor that survives for revocation-data alone",
       [] {
         auto question = by_signer(crl_signer()).with(signers_crl());
         question.functions = {trust::Function::kRevocationData};
         return question;
       },
       kGood, kGoodClause},
      {"the anchor's older key of the same name signs",
       [] {
         Question question;
         question.certificate = person(authority_name(), "impostor").sign(key("impostor"));
         question.chain = {authority(authority_name(), authority_name(), "impostor").sign(key("root")),
                           root()};
         return question.with(chiyoda());
       },
       kGood, kGoodClause},
  };
}

std::vector<CrlCase> separate_key_cases() {
  return {
      {"separate key", [] { return by_signer(crl_signer()).with(signers_crl()); }, kGood, kGoodClause},
      {"separate key revokes",
       [] { return by_signer(crl_signer(), revoking(chiyoda())).with(signers_crl()); }, kRevoked, kListed},
      {"separate key without a status", [] { return by_signer(crl_signer()); }, kBroken,
       "6.3.3(f): the CRL signer's own status: RFC 5280 6.3.3: no CRL"},
      {"separate key revoked",
       [] { return by_signer(crl_signer()).with(signers_crl().revoke(Blob{0x21}, kNow - kDay)); }, kBroken,
       "own status: RFC 5280 6.3.3(j)"},
      {"separate key revoked, and revokes",
       [] {
         return by_signer(crl_signer(), revoking(chiyoda()))
             .with(signers_crl().revoke(Blob{0x21}, kNow - kDay));
       },
       kBroken, "own status: RFC 5280 6.3.3(j)"},
      {"separate key, its status too old",
       [] { return by_signer(crl_signer()).with(expired(signers_crl())); }, kBroken,
       "own status: RFC 5280 6.3.3(a)"},
      {"separate key vouches for itself",
       [] { return by_signer(crl_signer()).with(signers_crl(), "crl-signer"); }, kBroken,
       "only CRLs that it signed"},
      {"two keys vouch for each other",
       [] {
         auto question = by_signer(crl_signer());
         auto second = crl_signer("second-signer");
         second.serial = {0x22};
         second.replace(pki::crl_distribution_points({partition("second")}));
         question.pool.push_back(second.sign(key("root")));
         return question.with(signers_crl(), "second-signer").with(city_crl("second"), "crl-signer");
       },
       kBroken, "only CRLs that it signed"},
      {"chain of two separate keys",
       [] {
         auto question = by_signer(crl_signer());
         auto second = crl_signer("second-signer");
         second.serial = {0x22};
         second.replace(pki::crl_distribution_points({partition("second")}));
         question.pool.push_back(second.sign(key("root")));
         return question.with(signers_crl(), "second-signer").with(city_crl("second"));
       },
       kGood, kGoodClause},
      {"separate key without cRLSign",
       [] {
         const auto signer = crl_signer().replace(pki::key_usage({pki::KeyUsage::kDigitalSignature}));
         return by_signer(signer).with(signers_crl());
       },
       kBroken, "6.3.3(f): the CRL signer's keyUsage"},
      {"separate key expired",
       [] {
         auto signer = crl_signer();
         signer.not_after = kNow - kDay;
         return by_signer(signer).with(signers_crl());
       },
       kBroken, "notAfter has passed"},
      {"separate key expired, renewed for the same key",
       [] {
         auto old = crl_signer();
         old.not_after = kNow - kDay;
         auto question = by_signer(old).with(signers_crl());
         question.pool.push_back(crl_signer().sign(key("root")));
         return question;
       },
       kGood, kGoodClause},
      {"separate key below another anchor",
       [] {
         auto question = by_signer(crl_signer()).with(signers_crl());
         question.pool = {crl_signer().sign(key("impostor")), root("impostor")};
         return question;
       },
       kNotCovered, kNobodys},
      {"separate key whose certificate is missing",
       [] {
         auto question = by_signer(crl_signer()).with(signers_crl());
         question.pool.clear();
         return question;
       },
       kNotCovered, kNobodys},
      {"separate key that is too short",
       [] { return by_signer(crl_signer("short"), chiyoda(), "short").with(signers_crl()); }, kBroken,
       "weak"},
      {"separate key of another name",
       [] {
         auto signer = crl_signer();
         signer.subject = person_name();
         return by_signer(signer).with(signers_crl());
       },
       kNotCovered, kNobodys},
      {"separate key below an anchor that demands policies",
       [] {
         auto question = by_signer(crl_signer()).with(signers_crl());
         question.constraints.explicit_policy = true;
         question.constraints.policies = {kAuthPolicy};
         return question;
       },
       kGood, kGoodClause},
  };
}

std::vector<CrlCase> intermediate_cases() {
  return {
      {"intermediate signs",
       [] { return below_intermediate(lgpki_name()).with(full_crl(lgpki_name()), "impostor"); }, kGood,
       kGoodClause},
      {"the root's CRL for the intermediate's person",
       [] { return below_intermediate(lgpki_name()).with(full_crl()); }, kNotCovered, kNobodys},
      {"separate key below an intermediate beside the path",
       [] {
         auto question = below_intermediate(lgpki_name());
         question.pool = {lgpki_signer(authority_name()).sign(key("root"))};
         return question.with(full_crl(lgpki_name()), "crl-signer").with(signers_crl());
       },
       kGood, kGoodClause},
      {"separate key below the intermediate of the path, which is asked about elsewhere",
       [] {
         auto question = below_intermediate(lgpki_name());
         question.pool = {lgpki_signer(lgpki_name()).sign(key("impostor")), question.chain.front()};
         auto of_signers = signers_crl();
         of_signers.issuer = lgpki_name();
         return question.with(full_crl(lgpki_name()), "crl-signer").with(of_signers, "impostor");
       },
       kGood, kGoodClause},
  };
}

}  // namespace

std::vector<CrlCase> signer_cases() {
  auto all = key_cases();
  for (const auto group : {generation_cases, separate_key_cases, intermediate_cases})
    for (const CrlCase& row : group()) all.push_back(row);
  return all;
}

}  // namespace jpki::test
