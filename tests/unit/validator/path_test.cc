// SPDX-License-Identifier: LGPL-2.1-or-later
#include "validator/path/path.h"

#include "tests/unit/validator/path_fixture.h"
#include "validator/x509/signature.h"

namespace {

using namespace jpki;
using namespace jpki::test;
using x509::Certificate;

START_TEST(good_paths) {
  expect(Case(), Verdict::kAccepted, "g1");
  const Case c = through_intermediate([](auto&) {});
  std::size_t length = 0;
  expect_verdict(c.verdict(nullptr, &length), Verdict::kAccepted, "");
  ck_assert_uint_eq(length, 2);
}
END_TEST

START_TEST(verified_certificate_tells_its_chain) {
  const Case c = through_intermediate([](auto&) {});
  const Certificate leaf = decoded(c.leaf);
  std::vector<Certificate> pool;
  pool.push_back(decoded(c.pool[0]));
  const auto path = validate_path(leaf, pool, c.anchors, c.policy, c.now);
  ck_assert(path && &path->leaf() == &leaf && &path->issuer() == &pool[0]);
  ck_assert(path->chain().back() == &c.anchors[0].certificate && &path->anchor() == &c.anchors[0]);
  ck_assert(path->kind() == x509::Kind::kJpkiAuthentication);
}
END_TEST

START_TEST(names_across_string_types) {
  Case c;
  c.leaf = person(authority_name(der::kPrintableString)).sign(key("root"));
  expect(c, Verdict::kAccepted);
}
END_TEST

START_TEST(untrusted) {
  Case c;
  c.anchors.clear();
  expect(c, Verdict::kCertificateUntrusted, "no anchor has the issuer's name");
  c.anchors = store_of(root("impostor"));  // the same name with another key
  expect(c, Verdict::kCertificateUntrusted, "6.1.3(a)(1)");
  Case self_made;
  self_made.leaf = person(authority_name(), "impostor").sign(key("impostor"));
  self_made.pool.push_back(root("impostor"));  // the card brings its own authority
  expect(self_made, Verdict::kCertificateUntrusted);
  Case forged = through_intermediate([](auto&) {});
  forged.leaf = person(unit_name("A"), "impostor").sign(key("impostor"));
  expect(forged, Verdict::kCertificateUntrusted, "6.1.3(a)(1)");
  Case other_kind;
  other_kind.anchors[0].kinds = {x509::Kind::kLgpkiUser};
  expect(other_kind, Verdict::kCertificateUntrusted, "does not vouch for kind jpki-authentication");
}
END_TEST

START_TEST(generations_with_one_name) {
  Case c;
  c.anchors.clear();
  for (const char* name : {"impostor", "intermediate", "root"}) c.anchors.push_back(anchor(root(name), name));
  expect(c, Verdict::kAccepted, "root");
  // Key identifiers are hints: a leaf that names the wrong one still finds its issuer.
  c.leaf =
      person().replace(pki::authority_key_identifier(key("impostor").key_identifier())).sign(key("root"));
  expect(c, Verdict::kAccepted, "root");
}
END_TEST

START_TEST(link_certificates) {
  // The new generation's key, certified by the old one: self-issued, and not counted by pathLenConstraint.
  Case c;
  c.leaf = person(authority_name(), "intermediate").sign(key("intermediate"));
  c.pool.push_back(root("intermediate"));
  expect(c, Verdict::kCertificateUntrusted);
  c.pool.push_back(authority(authority_name(), authority_name(), "intermediate").sign(key("root")));
  expect(c, Verdict::kAccepted);
}
END_TEST

// One that is in the path already, before the one that goes on.
START_TEST(a_loop_ends_no_search) {
  Case c;
  c.leaf = person(unit_name("A"), "intermediate").sign(key("intermediate"));
  c.pool.push_back(authority(unit_name("A"), unit_name("A"), "intermediate").sign(key("impostor")));
  c.pool.push_back(authority(authority_name(), unit_name("A"), "impostor").sign(key("root")));
  expect(c, Verdict::kAccepted);
}
END_TEST

START_TEST(validity) {
  Case c;
  c.now = kNow + 366 * kDay;
  expect(c, Verdict::kCertificateExpired, "depth 1");  // the anchor itself
  c.now = kNow - 366 * kDay;
  expect(c, Verdict::kCertificateNotYetValid);

  Case leaf;
  auto builder = person();
  builder.not_after = kNow - std::chrono::seconds(1);
  leaf.leaf = builder.sign(key("root"));
  expect(leaf, Verdict::kCertificateExpired, "notAfter has passed, depth 0");
  builder.not_after = kNow;  // inclusive, RFC 5280 4.1.2.5
  leaf.leaf = builder.sign(key("root"));
  expect(leaf, Verdict::kAccepted);
  builder.not_before = kNow;
  leaf.leaf = builder.sign(key("root"));
  expect(leaf, Verdict::kAccepted);
  builder.not_before = kNow + std::chrono::seconds(1);
  leaf.leaf = builder.sign(key("root"));
  expect(leaf, Verdict::kCertificateNotYetValid, "depth 0");

  // Of an authority that is over only the person hears whose certificate would still be good.
  Case issuer = through_intermediate([](auto& ca) { ca.not_after = kNow - std::chrono::seconds(1); });
  expect(issuer, Verdict::kIssuerExpired, "notAfter has passed, depth 1");
  auto below = person(unit_name("A"), "intermediate");
  for (const auto& [end, verdict] : {std::pair(kNow, Verdict::kIssuerExpired),
                                     {kNow - std::chrono::seconds(1), Verdict::kCertificateExpired}}) {
    below.not_after = end;
    issuer.leaf = below.sign(key("intermediate"));
    expect(issuer, verdict, "notAfter has passed, depth 1");
  }
}
END_TEST

START_TEST(anchor_windows) {
  Case c;
  c.anchors[0].accept_until = kNow;
  expect(c, Verdict::kAnchorRetired, "g1");
  c.anchors[0].accept_until = kNow + std::chrono::seconds(1);
  expect(c, Verdict::kAccepted);
  c.anchors[0].accept_from = kNow + std::chrono::seconds(1);
  expect(c, Verdict::kAnchorRetired);
  // The same authority under a second rule that still holds.
  c.anchors.push_back(anchor(root(), "again"));
  expect(c, Verdict::kAccepted, "again");
  // Retired is the reason only when nothing else is wrong.
  c.anchors.pop_back();
  c.leaf = person().add({"2.999.1", true, der::null()}).sign(key("root"));
  expect(c, Verdict::kCertificateUnacceptable);
}
END_TEST

START_TEST(authorities_must_be_authorities) {
  const auto refused = [](const char* clause, const Change& change) {
    expect(through_intermediate(change), Verdict::kCertificateUnacceptable, clause);
  };
  refused("6.1.4(k)", [](auto& ca) { ca.remove(pki::oid::kBasicConstraints); });
  refused("6.1.4(k)", [](auto& ca) { ca.replace(pki::basic_constraints(false)); });
  refused("6.1.4(n)", [](auto& ca) { ca.replace(pki::key_usage({pki::KeyUsage::kCrlSign})); });
  refused("6.1.4(o)", [](auto& ca) { ca.add({"2.999.1", true, der::null()}); });
  expect(through_intermediate([](auto& ca) { ca.remove(pki::oid::kKeyUsage); }), Verdict::kAccepted);
  expect(through_intermediate([](auto& ca) { ca.add({"2.999.1", false, der::null()}); }), Verdict::kAccepted);
}
END_TEST

START_TEST(unknown_critical_extension_of_the_leaf) {
  Case c;
  c.leaf = person().add({"2.999.1", true, der::null()}).sign(key("root"));
  expect(c, Verdict::kCertificateUnacceptable, "2.999.1, depth 0");
}
END_TEST

// root(pathLen n) → A → B → person
Verdict two_intermediates(std::optional<unsigned> a_length, bool second_is_self_issued) {
  Case c;
  const Blob b_name = unit_name(second_is_self_issued ? "A" : "B");
  c.pool.push_back(authority(authority_name(), unit_name("A"), "intermediate")
                       .replace(pki::basic_constraints(true, a_length))
                       .sign(key("root")));
  c.pool.push_back(authority(unit_name("A"), b_name, "impostor").sign(key("intermediate")));
  c.leaf = person(b_name, "impostor").sign(key("impostor"));
  return c.verdict();
}

START_TEST(path_length) {
  ck_assert(two_intermediates({}, false) == Verdict::kAccepted);
  ck_assert(two_intermediates(1, false) == Verdict::kAccepted);
  ck_assert(two_intermediates(0, false) == Verdict::kCertificateUnacceptable);
  ck_assert(two_intermediates(0, true) == Verdict::kAccepted);  // self-issued ones do not count
  Case limited = through_intermediate([](auto&) {});
  limited.policy.max_path_length = 0;
  expect(limited, Verdict::kCertificateUntrusted);
}
END_TEST

START_TEST(policies) {
  Case c;
  c.leaf = person().remove(pki::oid::kCertificatePolicies).sign(key("root"));
  expect(c, Verdict::kPolicyNotAccepted, "6.1.3(f): no valid policy, depth 0");
  c.leaf = person().replace(pki::certificate_policies({"1.2.3"})).sign(key("root"));
  expect(c, Verdict::kPolicyNotAccepted, "6.1.5(g): no acceptable policy, depth 0");
  c.leaf =
      person().replace(pki::certificate_policies({"1.2.3"})).add(policy_constraints(0)).sign(key("root"));
  expect(c, Verdict::kPolicyNotAccepted, "6.1.5(g): no acceptable policy, depth 0");
  c.policy.initial_policies = {"1.2.4", "1.2.3"};
  expect(c, Verdict::kAccepted);
  c.leaf = person().replace(pki::certificate_policies({kAnyPolicy})).sign(key("root"));
  expect(c, Verdict::kAccepted);
  c.policy.inhibit_any = true;
  expect(c, Verdict::kPolicyNotAccepted);

  const auto with_ca_policies = [](std::vector<std::string> oids) {
    return through_intermediate([&](auto& ca) { ca.replace(pki::certificate_policies(oids)); });
  };
  expect(with_ca_policies({kAuthPolicy}), Verdict::kAccepted);
  expect(with_ca_policies({kAnyPolicy}), Verdict::kAccepted);
  expect(with_ca_policies({"1.2.3"}), Verdict::kPolicyNotAccepted, "6.1.3(f)");
  expect(through_intermediate([](auto& ca) { ca.remove(pki::oid::kCertificatePolicies); }),
         Verdict::kPolicyNotAccepted, "6.1.3(f): no valid policy, depth 1");
}
END_TEST

START_TEST(weak_algorithms) {
  Case c;
  auto builder = person();
  builder.signature.digest = pki::Digest::kSha1;
  c.leaf = builder.sign(key("root"));
  expect(c, Verdict::kAlgorithmWeak, "too weak: SHA-1, depth 0");
  c.policy.algorithms.allow_sha1 = true;
  expect(c, Verdict::kAccepted);
  builder.signature.digest = pki::Digest::kMd5;
  c.leaf = builder.sign(key("root"));
  expect(c, Verdict::kAlgorithmWeak, "too weak: MD5, depth 0");

  Case short_leaf;
  builder = person();
  builder.subject_public_key_info = key("short").subject_public_key_info();
  short_leaf.leaf = builder.sign(key("root"));
  expect(short_leaf, Verdict::kAlgorithmWeak, "the key is too weak: RSA key of 1024 bits, depth 0");
  Case no_signature_key;  // X25519, RFC 8410
  builder.subject_public_key_info =
      der::sequence({der::sequence({der::oid("1.3.101.110")}), der::bit_string(Blob(32, 9))});
  no_signature_key.leaf = builder.sign(key("root"));
  expect(no_signature_key, Verdict::kCertificateUnacceptable, "not a usable key, depth 0");
  short_leaf.policy.algorithms.min_rsa_bits = 1024;
  expect(short_leaf, Verdict::kAccepted);

  Case short_issuer;
  short_issuer.anchors = store_of(root("short"));
  short_issuer.leaf = person(authority_name(), "short").sign(key("short"));
  expect(short_issuer, Verdict::kAlgorithmWeak, "too weak: RSA key of 1024 bits, depth 0");
}
END_TEST

START_TEST(elliptic_curves) {
  Case c;
  c.anchors = store_of(root("p384"));
  auto builder = person(authority_name(), "p384");
  builder.signature.digest = pki::Digest::kSha384;
  c.leaf = builder.sign(key("p384"));
  expect(c, Verdict::kAccepted);
}
END_TEST

// Certificates that certify each other, and many issuers of one name: the search ends, and says no.
START_TEST(search_is_bounded) {
  Case c;
  c.leaf = person(unit_name("A"), "intermediate").sign(key("intermediate"));
  for (const char* from : {"A", "B"})
    for (const char* to : {"A", "B"})
      for (const char* issuer_key : {"intermediate", "impostor"})
        for (const char* subject_key : {"intermediate", "impostor"})
          c.pool.push_back(authority(unit_name(from), unit_name(to), subject_key).sign(key(issuer_key)));
  for (int i = 0; i < 100; ++i) {
    auto decoy = authority(authority_name(), unit_name("A"), "person");
    decoy.serial = {static_cast<std::uint8_t>(i / 2 + 1)};
    c.pool.push_back(decoy.sign(key("short")));
  }
  expect(c, Verdict::kCertificateUntrusted);
}
END_TEST

START_TEST(no_flipped_bit_is_accepted) {
  const Case c;
  for (std::size_t bit = 0; bit < c.leaf.size() * 8; ++bit) {
    Blob flipped = c.leaf;
    flipped[bit / 8] = static_cast<std::uint8_t>(flipped[bit / 8] ^ (1u << bit % 8));
    const auto certificate = Certificate::decode(flipped);
    if (certificate) ck_assert(!validate_path(*certificate, {}, c.anchors, c.policy, c.now));
  }
}
END_TEST

START_TEST(challenges) {
  const Blob challenge(32, 0x5a);
  const auto verify = [&](const std::string& signer, pki::Digest digest, const std::string& owner) {
    return x509::verify_challenge(challenge, key(signer).sign(challenge, digest),
                                  key(owner).subject_public_key_info());
  };
  ck_assert(verify("person", pki::Digest::kSha256, "person").has_value());
  ck_assert(verify("p384", pki::Digest::kSha384, "p384").has_value());
  ck_assert(verify("person", pki::Digest::kSha256, "root").error() == x509::SignatureError::kInvalid);
  ck_assert(verify("person", pki::Digest::kSha1, "person").error() == x509::SignatureError::kInvalid);
  ck_assert(verify("p384", pki::Digest::kSha256, "p384").error() == x509::SignatureError::kInvalid);
  ck_assert(verify("short", pki::Digest::kSha256, "short").error() == x509::SignatureError::kWeak);
  ck_assert(!x509::verify_challenge(challenge, {}, key("person").subject_public_key_info()));
  ck_assert(x509::verify_challenge(challenge, {}, der::sequence({})).error() ==
            x509::SignatureError::kUnsupported);
}
END_TEST

START_TEST(algorithm_and_key_must_fit) {
  const Blob data(16, 1);
  const Blob signature = key("person").sign(data, pki::Digest::kSha256);
  const Blob rsa = key("person").subject_public_key_info();
  const auto verify = [&](const char* oid, const Blob& parameters) {
    return x509::verify_signature(data, signature, oid, parameters, rsa, {});
  };
  ck_assert(verify("1.2.840.113549.1.1.11", der::null()).has_value());
  ck_assert(verify("1.2.840.113549.1.1.11", {}).has_value());
  for (const char* oid : {"1.2.840.10045.4.3.2", "1.3.101.112", "1.2.3", "1.2.840.113549.1.1.10"})
    ck_assert(verify(oid, {}).error() == x509::SignatureError::kUnsupported);
  ck_assert(verify("1.2.840.113549.1.1.11", der::integer(1)).error() == x509::SignatureError::kUnsupported);
  ck_assert(verify("1.2.840.113549.1.1.12", der::null()).error() == x509::SignatureError::kInvalid);
  ck_assert(verify("1.2.840.10040.4.3", {}).error() == x509::SignatureError::kWeak);
}
END_TEST

Suite* suite() {
  Suite* s = suite_create("path");
  TCase* tc = tcase_create("path");
  tcase_set_timeout(tc, 60);
  for (const auto* test :
       {good_paths, verified_certificate_tells_its_chain, names_across_string_types, untrusted,
        generations_with_one_name, link_certificates, a_loop_ends_no_search, validity, anchor_windows,
        authorities_must_be_authorities, unknown_critical_extension_of_the_leaf, path_length, policies,
        weak_algorithms, elliptic_curves, search_is_bounded, no_flipped_bit_is_accepted, challenges,
        algorithm_and_key_must_fit})
    tcase_add_test(tc, test);
  suite_add_tcase(s, tc);
  return s;
}

}  // namespace

int main() {
  for (const char* name : {"root", "person", "short", "intermediate", "impostor", "p384"}) key(name);
  return run_suite(suite());
}
