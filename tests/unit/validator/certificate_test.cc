// SPDX-License-Identifier: LGPL-2.1-or-later
#include "validator/x509/certificate.h"

#include "tests/unit/validator/path_fixture.h"
#include "validator/x509/certificate_policies.h"

namespace {

using namespace jpki;
using namespace jpki::test;
using x509::Certificate;

void expect_refused(const Blob& bytes, const std::string& field) {
  const auto certificate = Certificate::decode(bytes);
  ck_assert_msg(!certificate, "decoded, though it is wrong in %s", field.c_str());
  expect_contains(certificate.error(), field);
}

pki::Extension raw(const char* oid, Blob value, bool critical = false) {
  return {oid, critical, std::move(value)};
}

START_TEST(an_authority_key_identifier_may_name_the_issuer_too) {
  const Blob id = der::tlv(der::context(0), Blob{1, 2}), serial = der::tlv(der::context(2), Blob{3});
  const Blob names = der::tlv(der::context_constructed(1), Bytes{});
  const auto reads = [](std::initializer_list<Bytes> parts) {
    const Blob value = der::sequence(parts);
    return x509::decode_authority_key_identifier(value).has_value();
  };
  ck_assert(reads({}) && reads({id}) && reads({names, serial}) && reads({id, names, serial}));
  ck_assert(!reads({names, id}) && !reads({id, serial, names}) && !reads({id, names, serial, serial}));
}
END_TEST

START_TEST(every_field) {
  const Blob bytes = person().add(pki::authority_info_access_ocsp("http://ocsp.test/")).sign(key("root"));
  const Certificate certificate = decoded(bytes);
  ck_assert(std::ranges::equal(certificate.der(), bytes));
  expect_text(to_hex(certificate.serial()), "008f010203");
  ck_assert(std::ranges::equal(certificate.issuer_der(), authority_name()));
  ck_assert(std::ranges::equal(certificate.subject_der(), person_name()));
  ck_assert(
      std::ranges::equal(certificate.subject_public_key_info(), key("person").subject_public_key_info()));
  ck_assert_uint_eq(certificate.signature().size(), 256);
  expect_text(certificate.signature_algorithm(), "1.2.840.113549.1.1.11");
  expect_text(to_hex(certificate.signature_parameters()), "0500");
  ck_assert(certificate.not_before() == kNow - 365 * kDay && certificate.not_after() == kNow + 365 * kDay);
  ck_assert(certificate.key_usage() == x509::kDigitalSignature);
  ck_assert(!certificate.basic_constraints());
  ck_assert(certificate.policies() == std::vector<std::string>{kAuthPolicy});
  ck_assert(certificate.extended_key_usages() == std::vector<std::string>{pki::oid::kClientAuth});
  ck_assert(std::ranges::equal(*certificate.subject_key_identifier(), key("person").key_identifier()));
  ck_assert(std::ranges::equal(*certificate.authority_key_identifier(), key("root").key_identifier()));
  ck_assert_uint_eq(certificate.crl_distribution_points().size(), 1);
  ck_assert(certificate.ocsp_uris() == std::vector<std::string>{"http://ocsp.test/"});
  ck_assert(certificate.extension("2.5.29.32")->critical && certificate.extension("1.2.3") == nullptr);
  ck_assert(!certificate.self_issued() && decoded(root()).self_issued());
  ck_assert(decoded(root()).basic_constraints()->is_ca);
}
END_TEST

START_TEST(views_survive_a_move) {
  std::vector<Certificate> all;
  for (int i = 0; i < 8; ++i) all.push_back(decoded(root()));
  for (const auto& certificate : all) {
    ck_assert(certificate.tbs().data() > certificate.der().data());
    expect_text(certificate.subject().rdns.at(1).at(0).text, "JPKI-TEST");
  }
}
END_TEST

START_TEST(envelope) {
  const Blob good = person().sign(key("root"));
  Blob bytes = good;
  bytes.push_back(0);
  expect_refused(bytes, "Certificate");
  expect_refused({}, "Certificate");
  expect_refused(Blob(Certificate::kMaxSize + 1, 0x30), "too large");
  auto builder = person();
  builder.signature.inner_algorithm = key("root").signature_algorithm(pki::Digest::kSha384);
  expect_refused(builder.sign(key("root")), "4.1.1.2");
}
END_TEST

// PKITS 4.1.2: the form is right, the signature is nobody's.
START_TEST(signature_of_incomplete_octets) {
  const Blob good = person().sign(key("root"));
  const Certificate certificate = decoded(good);
  Blob bytes = good;
  const auto unused_bits = bytes.size() - certificate.signature().size() - 1;
  bytes[unused_bits] = 1;
  bytes.back() = static_cast<std::uint8_t>(bytes.back() & 0xfeu);
  ck_assert(decoded(bytes).signature().empty());
  bytes.back() = static_cast<std::uint8_t>(bytes.back() | 1u);  // an unused bit must be zero
  expect_refused(bytes, "signatureValue");
}
END_TEST

START_TEST(tbs_fields) {
  auto builder = person();
  for (const unsigned version : {0U, 3U}) {
    builder.version = version;
    expect_refused(builder.sign(key("root")), "version: malformed or unknown");
  }
  builder.version = 1;  // v2 with extensions
  expect_refused(builder.sign(key("root")), "extensions");
  builder.version.reset();
  expect_refused(builder.sign(key("root")), "extensions");
  builder.extensions.clear();
  ck_assert(decoded(builder.sign(key("root"))).extensions().empty());

  for (const Blob& serial : {Blob{}, Blob{0x00, 0x01}, Blob{0xff, 0x80}, Blob(33, 0x01)}) {
    builder = person();
    builder.serial = serial;
    expect_refused(builder.sign(key("root")), "serialNumber");
  }
  builder.serial = {0xff};  // negative: RFC 5280 4.1.2.2, PKITS 4.4.14
  ck_assert(Certificate::decode(builder.sign(key("root"))).has_value());

  expect_refused(person(der::sequence({})).sign(key("root")), "issuer");
  builder = person();
  builder.validity = der::sequence({Bytes(der::utc_time(kNow))});
  expect_refused(builder.sign(key("root")), "validity");
  builder = person();
  builder.subject_public_key_info = der::sequence({});
  expect_refused(builder.sign(key("root")), "subjectPublicKeyInfo");
}
END_TEST

// RFC 5280 4.1.2.8: of no use to anybody, and not for v1.
START_TEST(unique_identifiers) {
  const auto with = [](std::optional<unsigned> version, const Blob& tags) {
    auto builder = person();
    builder.version = version;
    if (version != 2U) builder.extensions.clear();
    for (const std::uint8_t tag : tags)
      der::append(builder.subject_public_key_info, der::tlv(tag, Blob{0, 1}));
    return builder.sign(key("root"));
  };
  for (const unsigned version : {1U, 2U}) {
    for (const Blob& tags : {Blob{0x81}, Blob{0x82}, Blob{0x81, 0x82}})
      ck_assert_msg(Certificate::decode(with(version, tags)).has_value(), "v%u", version + 1);
    for (const Blob& tags : {Blob{0x82, 0x81}, Blob{0x81, 0x81}, Blob{0x83}, Blob{0xa1}})
      expect_refused(with(version, tags), "trailing fields");
  }
  for (const std::uint8_t tag : {std::uint8_t{0x81}, std::uint8_t{0x82}})
    expect_refused(with({}, {tag}), "uniqueIdentifier");
  auto cut = person();
  der::append(cut.subject_public_key_info, Blob{0x81, 0x7f});
  cut.extensions.clear();
  expect_refused(cut.sign(key("root")), "uniqueIdentifier");
}
END_TEST

START_TEST(a_responder_is_named_by_a_uri_as_one_for_ocsp) {
  constexpr char kOcsp[] = "1.3.6.1.5.5.7.48.1";
  const auto entry = [](const char* method, const Blob& location) {
    return der::sequence({der::oid(method), location});
  };
  const Blob entries = der::sequence({entry("1.3.6.1.5.5.7.48.2", pki::uri_name("http://issuer.test/")),
                                      entry(kOcsp, pki::directory_name(authority_name())),
                                      entry(kOcsp, pki::uri_name("http://a.test/")),
                                      entry(kOcsp, pki::uri_name("http://b.test/"))});
  const Blob bytes = signed_person(raw(pki::oid::kAuthorityInfoAccess, entries));
  ck_assert((decoded(bytes).ocsp_uris() == std::vector<std::string>{"http://a.test/", "http://b.test/"}));
  for (const Blob& bad : {der::sequence({der::oid(kOcsp)}), der::sequence({pki::uri_name("http://a.test/")}),
                          der::sequence({der::oid(kOcsp), pki::uri_name("http://a.test/"), der::null()})})
    expect_refused(signed_person(raw(pki::oid::kAuthorityInfoAccess, der::sequence({bad}))),
                   "authorityInfoAccess");
}
END_TEST

START_TEST(malformed_extensions) {
  auto twice = person();
  twice.add(pki::key_usage({pki::KeyUsage::kDigitalSignature}));
  expect_refused(twice.sign(key("root")), "one OID twice");
  auto many = person();
  for (std::size_t i = many.extensions.size(); i < x509::kMaxExtensions; ++i)
    many.add(raw(("2.999." + std::to_string(i)).c_str(), der::null()));
  ck_assert(Certificate::decode(many.sign(key("root"))).has_value());
  many.add(raw("2.999.0.1", der::null()));
  expect_refused(many.sign(key("root")), "too many");

  const Blob policy = der::sequence({Bytes(der::oid("1.2.3"))});
  expect_refused(
      signed_person(raw(pki::oid::kCertificatePolicies, der::sequence({Bytes(policy), Bytes(policy)}))),
      "certificatePolicies");
  expect_refused(signed_person(raw(pki::oid::kCertificatePolicies, der::sequence({}))),
                 "certificatePolicies");
  expect_refused(signed_person(raw(pki::oid::kKeyUsage, der::null())), "keyUsage");
  expect_refused(signed_person(raw(pki::oid::kExtendedKeyUsage, der::sequence({}))), "extKeyUsage");
  expect_refused(signed_person(raw(pki::oid::kSubjectKeyIdentifier, der::null())), "subjectKeyIdentifier");
  expect_refused(signed_person(raw(pki::oid::kAuthorityKeyIdentifier, der::null())),
                 "authorityKeyIdentifier");
  expect_refused(signed_person(raw(pki::oid::kCrlDistributionPoints, der::sequence({}))),
                 "cRLDistributionPoints");
  expect_refused(signed_person(raw(pki::oid::kAuthorityInfoAccess, der::sequence({}))),
                 "authorityInfoAccess");
  const Blob negative = der::sequence({Bytes(der::boolean(true)), Bytes(der::raw_integer(Blob{0xff}))});
  expect_refused(signed_person(raw(pki::oid::kBasicConstraints, negative)), "basicConstraints");
  Blob trailing = der::sequence({Bytes(der::boolean(true))});
  trailing.push_back(0);
  expect_refused(signed_person(raw(pki::oid::kBasicConstraints, trailing)), "basicConstraints");
}
END_TEST

START_TEST(path_constraints) {
  auto builder = person();
  builder.add(policy_mappings({{"1.2.3", "1.2.4"}})).add(policy_constraints(1, 0)).add(inhibit_any_policy(2));
  builder.add(name_constraints({dns("a.test")}, {uri("b.test")}));
  builder.add(pki::subject_alt_name({Bytes(mailbox("taro@a.test")), Bytes(address({192, 0, 2, 1}))}));
  const Blob bytes = builder.sign(key("root"));
  const Certificate certificate = decoded(bytes);
  const x509::CertificateExtensions& extensions = certificate.decoded_extensions();
  ck_assert_uint_eq(extensions.policy_mappings.size(), 1);
  expect_text(extensions.policy_mappings[0].issuer_domain_policy, "1.2.3");
  expect_text(extensions.policy_mappings[0].subject_domain_policy, "1.2.4");
  ck_assert(extensions.policy_constraints->require_explicit_policy == 1u);
  ck_assert(extensions.policy_constraints->inhibit_policy_mapping == 0u);
  ck_assert(extensions.inhibit_any_policy == 2u);
  ck_assert(extensions.name_constraints->permitted.at(0).base.form == x509::NameForm::kDnsName);
  ck_assert(extensions.name_constraints->excluded.at(0).base.form == x509::NameForm::kUri);
  ck_assert_uint_eq(extensions.subject_alt_names.size(), 2);
  expect_text(std::string(as_text(extensions.subject_alt_names[0].value)), "taro@a.test");
}
END_TEST

START_TEST(malformed_path_constraints) {
  const auto refused = [](const char* oid, const Blob& value, const std::string& field) {
    expect_refused(signed_person(raw(oid, value)), field);
  };
  const Blob half = der::sequence({Bytes(der::sequence({Bytes(der::oid("1.2.3"))}))});
  refused("2.5.29.33", half, "policyMappings");
  refused("2.5.29.33", der::sequence({}), "policyMappings");
  refused("2.5.29.36", der::sequence({}), "policyConstraints");
  refused("2.5.29.36", der::sequence({Bytes(der::integer(1))}), "policyConstraints");
  const Blob negative = der::tlv(der::context(0), Blob{0xff});
  refused("2.5.29.36", der::sequence({Bytes(negative)}), "policyConstraints");
  refused("2.5.29.54", der::null(), "inhibitAnyPolicy");
  refused("2.5.29.54", der::raw_integer(Blob{0xff}), "inhibitAnyPolicy");
  Blob trailing = der::integer(1);
  trailing.push_back(0);
  refused("2.5.29.54", trailing, "inhibitAnyPolicy");
  refused("2.5.29.30", der::sequence({}), "nameConstraints");
  refused("2.5.29.17", der::sequence({}), "subjectAltName");
  refused("2.5.29.17", der::sequence({Bytes(der::integer(1))}), "subjectAltName");
  refused("2.5.29.17", der::sequence({Bytes(pki::directory_name(der::null()))}), "subjectAltName");
  // Larger than any path: as good as no limit.
  const Blob huge = der::sequence({Bytes(der::tlv(der::context(0), Blob{0x7f, 0xff, 0xff, 0xff, 0xff}))});
  ck_assert(decoded(signed_person(raw("2.5.29.36", huge)))
                .decoded_extensions()
                .policy_constraints->require_explicit_policy == 0xffffffffu);
}
END_TEST

START_TEST(fields_at_their_bounds) {
  auto builder = person();
  builder.serial = Blob(32, 0x01);
  ck_assert_uint_eq(decoded(builder.sign(key("root"))).serial().size(), 32);

  builder = person();
  builder.add(raw("2.999.1", Blob(Certificate::kMaxSize / 2)));
  Blob& filling = builder.extensions.back().value;
  filling.resize(filling.size() + Certificate::kMaxSize - builder.sign(key("root")).size());
  const Blob largest = builder.sign(key("root"));
  ck_assert_uint_eq(largest.size(), Certificate::kMaxSize);
  ck_assert_uint_eq(decoded(largest).extensions().back().value.size(), filling.size());
  filling.push_back(0);
  expect_refused(builder.sign(key("root")), "too large");

  const auto purposes = [](std::size_t count) {
    std::vector<std::string> oids;
    for (std::size_t i = 0; i < count; ++i) oids.push_back("2.999." + std::to_string(i));
    return signed_person(pki::extended_key_usage(oids));
  };
  ck_assert_uint_eq(decoded(purposes(512)).extended_key_usages().size(), 512);
  expect_refused(purposes(513), "extKeyUsage");
  const auto policies = [](std::size_t count) {
    std::vector<std::string> oids;
    for (std::size_t i = 0; i < count; ++i) oids.push_back("2.999." + std::to_string(i));
    return signed_person(pki::certificate_policies(oids));
  };
  ck_assert_uint_eq(decoded(policies(x509::kMaxCertificatePolicies)).policies().size(),
                    x509::kMaxCertificatePolicies);
  expect_refused(policies(x509::kMaxCertificatePolicies + 1), "certificatePolicies");
}
END_TEST

START_TEST(malformed_fields) {
  const Blob time = der::utc_time(kNow), no_time = der::text(der::kUtcTime, "240230000000Z");
  for (const Blob& validity : {der::sequence({no_time, time}), der::sequence({time, no_time}),
                               der::sequence({time, time, time}), der::sequence({time}), der::null()}) {
    auto builder = person();
    builder.validity = validity;
    expect_refused(builder.sign(key("root")), "validity");
  }
  const Blob algorithm = der::sequence({der::oid("2.999.1")}), bits = der::bit_string(Blob{1});
  for (const Blob& info : {der::sequence({algorithm}), der::sequence({algorithm, bits, der::null()}),
                           der::sequence({algorithm, der::tlv(asn1::kBitString, Blob{8, 1})}),
                           der::sequence({bits}), der::null()}) {
    auto builder = person();
    builder.subject_public_key_info = info;
    expect_refused(builder.sign(key("root")), "subjectPublicKeyInfo");
  }
  auto builder = person();
  builder.subject_public_key_info = der::sequence({algorithm, bits});
  ck_assert(Certificate::decode(builder.sign(key("root"))).has_value());

  // An Extension with a field too many, and a list with something else behind it.
  const Blob octets = der::octet_string(der::null());
  const Blob extension = der::sequence({der::oid("2.999.1"), octets});
  const auto with_extensions = [&](std::initializer_list<Bytes> wrapped) {
    auto bare = person();
    bare.extensions.clear();
    der::append(bare.subject_public_key_info, der::tlv(der::context_constructed(3), wrapped));
    return bare.sign(key("root"));
  };
  ck_assert_uint_eq(decoded(with_extensions({der::sequence({extension})})).extensions().size(), 1);
  expect_refused(with_extensions({der::sequence({extension}), der::null()}), "extensions: malformed");
  expect_refused(with_extensions({}), "extensions: malformed");
  expect_refused(with_extensions({der::sequence({})}), "Extensions: empty");
  for (const Blob& odd : {der::sequence({der::oid("2.999.1"), octets, octets}),
                          der::sequence({der::oid("2.999.1")}), der::sequence({octets}), der::null()})
    expect_refused(with_extensions({der::sequence({odd})}), "Extensions: malformed");
}
END_TEST

START_TEST(unknown_extensions_hide_none_behind_them) {
  auto builder = person();
  builder.extensions.insert(builder.extensions.begin(), raw("2.999.1", der::null()));
  ck_assert(decoded(builder.sign(key("root"))).policies() == std::vector<std::string>{kAuthPolicy});
  builder.add(raw(pki::oid::kBasicConstraints, der::null()));
  expect_refused(builder.sign(key("root")), "basicConstraints");
}
END_TEST

START_TEST(explicit_false_is_read) {
  const Blob bytes =
      signed_person(raw(pki::oid::kBasicConstraints, der::sequence({Bytes(der::boolean(false))})));
  ck_assert(!decoded(bytes).basic_constraints()->is_ca);
}
END_TEST

START_TEST(no_truncation_decodes) {
  const Blob good = person().sign(key("root"));
  for (std::size_t size = 0; size < good.size(); ++size) {
    const Blob exact(good.begin(),
                     good.begin() + static_cast<std::ptrdiff_t>(size));  // ASan sees each byte beyond
    ck_assert(!Certificate::decode(exact));
  }
}
END_TEST

// The same, with the lengths of the enclosing values made to fit: what is missing is missing inside. One cut
// leaves a well-formed certificate, the one before the extensions.
START_TEST(shortened_tbs) {
  const Certificate good = decoded(person().sign(key("root")));
  const Bytes tbs = good.tbs().subspan(4);
  int decoding = 0;
  for (std::size_t size = 0; size < tbs.size(); ++size) {
    const auto certificate =
        Certificate::decode(pki::signed_object(der::tlv(der::kSequence, tbs.first(size)), key("short")));
    if (!certificate) continue;
    ck_assert(certificate->extensions().empty());
    ++decoding;
  }
  ck_assert_int_eq(decoding, 1);
}
END_TEST

Suite* suite() {
  Suite* s = suite_create("certificate");
  TCase* tc = tcase_create("certificate");
  for (const auto* test :
       {every_field, views_survive_a_move, envelope, tbs_fields, unique_identifiers,
        a_responder_is_named_by_a_uri_as_one_for_ocsp, malformed_extensions, path_constraints,
        malformed_path_constraints, signature_of_incomplete_octets, explicit_false_is_read,
        no_truncation_decodes, shortened_tbs, fields_at_their_bounds, malformed_fields,
        unknown_extensions_hide_none_behind_them})
    tcase_add_test(tc, test);
  tcase_add_test(tc, an_authority_key_identifier_may_name_the_issuer_too);
  suite_add_tcase(s, tc);
  return s;
}

}  // namespace

int main() {
  for (const char* name : {"root", "person", "short"}) key(name);
  return run_suite(suite());
}
