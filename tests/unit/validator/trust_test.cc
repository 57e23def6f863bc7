// SPDX-License-Identifier: LGPL-2.1-or-later
#include "tests/unit/validator/pki_fixture.h"
#include "validator/trust/certificate_file.h"
#include "validator/trust/fingerprint.h"
#include "validator/trust/trust_store.h"

#include <gnutls/crypto.h>
#include <gnutls/gnutls.h>
#include <unistd.h>

namespace {

using namespace jpki;
using namespace jpki::test;

std::string fingerprint(const Blob& bytes) {
  Blob hash(32);
  ck_assert_int_eq(gnutls_hash_fast(GNUTLS_DIG_SHA256, bytes.data(), bytes.size(), hash.data()), 0);
  return to_hex(hash);
}

std::string pem(const Blob& bytes) {
  const gnutls_datum_t der_bytes{const_cast<unsigned char*>(bytes.data()),
                                 static_cast<unsigned>(bytes.size())};
  gnutls_datum_t out{nullptr, 0};
  ck_assert_int_eq(gnutls_pem_base64_encode2("CERTIFICATE", &der_bytes, &out), 0);
  std::string text(reinterpret_cast<char*>(out.data), out.size);
  gnutls_free(out.data);
  return text;
}

struct Site {
  Site() { directory.write("g1.der", as_text(root())); }

  Expected<trust::TrustStore, std::string> load(const std::string& toml) const {
    directory.write("jpki-auth-g1.toml", toml);
    return trust::load_trust_store(directory.path(), {.owner = ::getuid()});
  }
  void refused(const std::string& toml, const std::string& text) const {
    const auto store = load(toml);
    ck_assert_msg(!store, "loaded: %s", toml.c_str());
    expect_contains(store.error(), text);
  }
  TemporaryDirectory directory;
};

std::string rules(const std::string& more = "", const std::string& file = "g1.der",
                  const Blob& certificate = root()) {
  return "certificate = \"" + file + "\"\nsha256 = \"" + fingerprint(certificate) +
         "\"\nkinds = [\"jpki-authentication\"]\n" + more;
}

START_TEST(complete_anchor) {
  const Site site;
  const auto store =
      site.load(rules("accept_from = 2023-07-16T00:00:00+09:00\naccept_until = 2033-07-15T00:00:00Z\n"));
  ck_assert_msg(store.has_value(), "%s", store ? "" : store.error().c_str());
  ck_assert_uint_eq(store->size(), 1);
  const trust::Anchor& anchor = store->front();
  expect_text(anchor.name, "jpki-auth-g1");
  ck_assert(anchor.vouches_for(x509::Kind::kJpkiAuthentication) &&
            !anchor.vouches_for(x509::Kind::kLgpkiUser));
  ck_assert(!anchor.vouches_for(x509::Kind::kUnknown));
  const auto from = std::chrono::sys_days(std::chrono::year(2023) / 7 / 15) + std::chrono::hours(15);
  const auto until = std::chrono::sys_days(std::chrono::year(2033) / 7 / 15);
  ck_assert(anchor.accept_from == Time(from) && anchor.accept_until == Time(until));
  ck_assert(anchor.accepted_at(Time(from)) && !anchor.accepted_at(from - std::chrono::seconds(1)));
  ck_assert(!anchor.accepted_at(Time(until)) && anchor.accepted_at(until - std::chrono::seconds(1)));
}
END_TEST

START_TEST(functions_of_an_anchor) {
  using trust::Function;
  const Site site;
  const auto plain = site.load(rules());
  ck_assert(plain && plain->front().functions == trust::kDefaultFunctions);
  ck_assert(plain->front().serves(Function::kLogin) && plain->front().serves(Function::kRevocationData) &&
            plain->front().serves(Function::kOcspSigner));
  ck_assert(!plain->front().serves(Function::kTls) && !plain->front().serves(Function::kCvsSigner));
  // R4: it lives on for its CRLs alone.
  const auto survivor = site.load(rules("functions = [\"revocation-data\"]\n"));
  ck_assert(survivor && survivor->front().functions == std::vector{Function::kRevocationData});
  ck_assert(!survivor->front().serves(Function::kLogin));

  site.refused(rules("functions = []\n"), ":4: functions must name at least one");
  site.refused(rules("functions = [\"logins\"]\n"), ":4: functions holds \"logins\"");
  site.refused(rules("functions = \"login\"\n"), ":4: functions must be an array");
  site.refused(rules("functions = [\"login\", \"tls\"]\n"), "must hold \"tls\" alone");
  site.refused(rules("functions = [\"cvs-signer\", \"ocsp-signer\"]\n"), "must hold \"cvs-signer\" alone");
}
END_TEST

START_TEST(anchors_without_kinds) {
  const Site site;
  const std::string without_kinds = "certificate=\"g1.der\"\nsha256=\"" + fingerprint(root()) + "\"\n";
  for (const char* function : {"tls", "cvs-signer"}) {
    const auto store = site.load(without_kinds + "functions = [\"" + function + "\"]\n");
    ck_assert(store && store->front().kinds.empty());
  }
  site.refused(without_kinds + "functions = [\"revocation-data\"]\n", "at least one kind");
}
END_TEST

START_TEST(several_kinds) {
  const Site site;
  const auto store = site.load("certificate=\"g1.der\"\nsha256=\"" + fingerprint(root()) +
                               "\"\nkinds = [\"lgpki-user\", \"lgpki-role\", \"encryption\"]\n");
  ck_assert(store && store->front().kinds.size() == 3);
  for (const auto kind : {x509::Kind::kLgpkiUser, x509::Kind::kLgpkiRole, x509::Kind::kEncryption})
    ck_assert(store->front().vouches_for(kind));
  ck_assert(!store->front().vouches_for(x509::Kind::kJpkiAuthentication));
}
END_TEST

START_TEST(constraints_of_an_anchor) {
  const Site site;
  const auto plain = site.load(rules());
  ck_assert(plain && !plain->front().constraints.path_length && plain->front().constraints.policies.empty());
  const auto store = site.load(
      rules("[constraints]\npath_length = 0\npolicies = [\"1.2.3\", \"2.999.1\"]\nexplicit_policy = true\n"
            "inhibit_mapping = true\ninhibit_any = true\n"));
  ck_assert_msg(store.has_value(), "%s", store ? "" : store.error().c_str());
  const trust::Constraints& constraints = store->front().constraints;
  ck_assert(constraints.path_length == 0u);
  ck_assert(constraints.policies == (std::vector<std::string>{"1.2.3", "2.999.1"}));
  ck_assert(constraints.explicit_policy && constraints.inhibit_mapping && constraints.inhibit_any);
  const auto one = site.load(rules("[constraints]\ninhibit_any = true\n"));
  ck_assert(one && one->front().constraints.inhibit_any && !one->front().constraints.explicit_policy);

  for (const char* beyond : {"-1", "65"})
    site.refused(rules("[constraints]\npath_length = " + std::string(beyond) + "\n"),
                 ":5: constraints.path_length must be a whole number from 0 to 64");
  site.refused(rules("[constraints]\npolicies = [\"any\"]\n"), ":5: constraints.policies holds \"any\"");
  site.refused(rules("[constraints]\nexplicit_policy = 1\n"),
               ":5: constraints.explicit_policy must be true or false");
  site.refused(rules("[constraints]\ninhibit_all = true\n"), "did you mean \"inhibit_any\"?");
  site.refused(rules("constraints = 1\n"), "must be a table");
}
END_TEST

START_TEST(fingerprints_as_people_type_them) {
  const auto expected = trust::fingerprint_of(root());
  ck_assert(expected.has_value());
  const std::string plain = fingerprint(root());
  std::string grouped;
  for (std::size_t i = 0; i < plain.size(); ++i) {
    if (i != 0 && i % 8 == 0) grouped += i % 16 == 0 ? '\n' : ' ';
    grouped += static_cast<char>(std::toupper(plain[i]));
  }
  for (const std::string& text :
       {plain, grouped, trust::spelled(*expected), "SHA256:" + plain, "sha256 Fingerprint=" + plain,
        "SHA-256 fingerprint: " + grouped, "  " + plain + "\n"})
    ck_assert_msg(trust::parse_fingerprint(text) == expected, "%s", text.c_str());
  for (const std::string& text :
       {std::string(), std::string("sha256:"), std::string("sha25"), "sha-256 sha256 " + plain,
        "fingerprint " + plain, plain + "0", plain.substr(1), plain + "g", "sha1:" + plain, "0x" + plain,
        plain + plain, "g" + plain.substr(1), "`" + plain.substr(1), "@" + plain.substr(1),
        "/" + plain.substr(1), plain.substr(1) + ";"})
    ck_assert_msg(!trust::parse_fingerprint(text), "%s", text.c_str());
}
END_TEST

START_TEST(intermediates) {
  const TemporaryDirectory directory;
  const FileTrust mine{.owner = ::getuid()};
  std::vector<std::string> problems;
  const auto expect_loaded = [&](const std::string& path, std::size_t count) {
    problems.clear();
    ck_assert_uint_eq(trust::load_intermediates(path, problems, mine).size(), count);
  };
  const auto expect_all = [&](const std::string& path, std::size_t count) {
    expect_loaded(path, count);
    ck_assert_msg(problems.empty(), "%s", problems.empty() ? "" : problems[0].c_str());
  };
  expect_all(directory.path("missing"), 0);
  expect_all(directory.path(), 0);
  directory.write("two.pem", "Organization CAs\n" + pem(root()) + "old:\n" + pem(root("impostor")));
  directory.write("a.der", as_text(root()));
  directory.write("a.crt", pem(root()));
  directory.write("README", "not a certificate");
  expect_all(directory.path(), 4);

  const auto refused = [&](const char* text) {
    expect_loaded(directory.path(), 4);
    ck_assert_uint_eq(problems.size(), 1);
    expect_contains(problems[0], text);
    std::filesystem::remove(directory.path("b.pem"));
  };
  directory.write("b.pem", pem(person().sign(key("root"))));
  refused("b.pem: contains a certificate that is neither a CA's nor a CRL signer's");
  directory.write("b.pem", pem(root()).substr(0, 200));
  refused("b.pem: a PEM block does not end");
  directory.write("b.pem", "-----BEGIN CERTIFICATE-----\n!!\n-----END CERTIFICATE-----\n");
  refused("b.pem: ");
  directory.write("b.pem", pem(root()), std::filesystem::perms(0664));
  refused("chmod go-w");
  expect_all(directory.path(), 4);

  // A CRL signer that is no CA: its keyUsage must say so.
  auto signer = builder(authority_name(), person_name("CRL SIGNER"), key("person"));
  directory.write("b.pem", pem(signer.sign(key("root"))));
  refused("b.pem: contains a certificate that is neither a CA's nor a CRL signer's");
  signer.add(pki::key_usage({pki::KeyUsage::kCrlSign}));
  directory.write("b.pem", pem(signer.sign(key("root"))));
  expect_all(directory.path(), 5);
}
END_TEST

START_TEST(several_anchors_in_order) {
  const Site site;
  site.directory.write("b.toml", rules());
  site.directory.write("a.toml", rules());
  const auto store = site.load(rules());
  ck_assert(store && store->size() == 3 && (*store)[0].name == "a" && (*store)[2].name == "jpki-auth-g1");
}
END_TEST

START_TEST(pem_and_fingerprint_forms) {
  const Site site;
  site.directory.write("g1.pem", "The root of a test:\n" + pem(root()));
  ck_assert(site.load(rules("", "g1.pem")).has_value());
  std::string colons;
  for (const char c : fingerprint(root())) {
    if (colons.size() % 3 == 2) colons += ':';
    colons += static_cast<char>(std::toupper(c));
  }
  ck_assert(site.load("certificate=\"g1.pem\"\nsha256=\"" + colons + "\"\nkinds=[\"jpki-authentication\"]")
                .has_value());
  site.directory.write("two.pem", pem(root()) + pem(root("impostor")));
  site.refused(rules("", "two.pem"), "more than one certificate");
  site.directory.write("junk.pem", "-----BEGIN CERTIFICATE-----\nxx\n-----END CERTIFICATE-----\n");
  site.refused(rules("", "junk.pem"), "junk.pem");
  site.directory.write("key.pem", "-----BEGIN RSA PRIVATE KEY-----\nxx\n");
  site.refused(rules("", "key.pem"), "no certificate in PEM form");
}
END_TEST

START_TEST(wrong_rules) {
  const Site site;
  site.refused(rules("", "g1.der", root("impostor")), "jpki-auth-g1.toml:2: sha256 is not the fingerprint");
  // Told by the fingerprint alone: what does not have it is not decoded.
  site.directory.write("junk.der", "junk");
  site.refused(rules("", "junk.der", root()), "jpki-auth-g1.toml:2: sha256 is not the fingerprint");
  site.refused(rules("color = 1\n"), "jpki-auth-g1.toml:4: color is not a known key");
  site.refused(rules("accept_form = 2023-07-16T00:00:00Z\n"), "did you mean \"accept_from\"?");
  site.refused(rules("accept_from = 2023-07-16T00:00:00\n"), "offset");
  site.refused(rules("accept_from = 2023-07-16\n"), "offset");
  site.refused(rules("accept_from = 2033-07-16T00:00:00Z\naccept_until = 2023-07-16T00:00:00Z\n"),
               ":5: accept_until");
  site.refused(rules("accept_from = 2033-07-16T00:00:00Z\naccept_until = 2033-07-16T00:00:00Z\n"),
               ":5: accept_until");
  site.refused(rules("accept_from = \n"), "jpki-auth-g1.toml:4:");
  site.refused("", "certificate must name");
  site.refused("certificate = \"../g1.der\"\n", "without a path");
  site.refused("certificate = \"g1.der\"\nsha256 = \"ab\"\n", ":2: sha256 must be 32 bytes");
  site.refused("certificate = 1\n", ":1: certificate must be a string");
  const std::string without_kinds = "certificate=\"g1.der\"\nsha256=\"" + fingerprint(root()) + "\"\n";
  site.refused(without_kinds, "at least one kind");
  site.refused(without_kinds + "kinds = [\"jpki\"]\n", ":3: kinds holds \"jpki\"");
  for (const char* no_kind : {"authority", "unknown"})
    site.refused(without_kinds + "kinds = [\"" + no_kind + "\"]\n", "not a kind of certificate");
}
END_TEST

START_TEST(wrong_certificates) {
  const Site site;
  const Blob leaf = person().sign(key("root"));
  site.directory.write("leaf.der", as_text(leaf));
  site.refused(rules("", "leaf.der", leaf), "not a CA certificate");
  const Blob no_signer = authority(authority_name(), authority_name(), "root")
                             .replace(pki::key_usage({pki::KeyUsage::kCrlSign}))
                             .sign(key("root"));
  site.directory.write("no-signer.der", as_text(no_signer));
  site.refused(rules("", "no-signer.der", no_signer), "not a CA certificate");
  site.refused(rules("", "missing.der"), "missing.der");
  site.directory.write("junk.der", "junk");
  site.refused(rules("", "junk.der"), "junk.der");
}
END_TEST

START_TEST(unsafe_files) {
  const Site site;
  site.directory.write("bad.der", as_text(root()), std::filesystem::perms(0666));
  site.refused(rules("", "bad.der"), "chmod go-w");
  const TemporaryDirectory empty;
  const auto none = trust::load_trust_store(empty.path(), {.owner = ::getuid()});
  ck_assert(!none);
  expect_contains(none.error(), "no anchors");
  ck_assert(!trust::load_trust_store(empty.path("missing"), {.owner = ::getuid()}));
}
END_TEST

// One bad anchor makes the whole store unusable.
START_TEST(one_bad_anchor) {
  const Site site;
  site.directory.write("a.toml", "certificate = \"none\"\n");
  site.refused(rules(), "a.toml");
}
END_TEST

// What is said of one of them changes little while the other remains.
START_TEST(twins_share_name_key_and_a_function) {
  using trust::Function;
  const Blob other_name = pki::distinguished_name({pki::country("JP"), pki::common_name("Other CA")});
  const auto one = anchor(root(), "one");
  const auto of_functions = [](std::vector<Function> functions) {
    auto other = anchor(root(), "other");
    other.functions = std::move(functions);
    return other;
  };
  const auto finds = [&](trust::Anchor other) {
    trust::TrustStore anchors;
    anchors.push_back(anchor(root(), "one"));
    anchors.push_back(std::move(other));
    const trust::Anchor* const twin = trust::twin_of(one, anchors);
    ck_assert(twin == nullptr || twin == &anchors.back());
    return twin != nullptr;
  };
  ck_assert(finds(anchor(root(), "other")));
  ck_assert(finds(of_functions({Function::kRevocationData})));
  ck_assert(!finds(of_functions({Function::kTls})));
  ck_assert(!finds(anchor(root(), "one")));  // the file that is written again
  ck_assert(!finds(anchor(root("impostor"), "other")));
  ck_assert(!finds(anchor(authority(other_name, other_name, "root").sign(key("root")), "other")));
}
END_TEST

// Without its certificate.
START_TEST(the_rules_of_an_anchor_by_themselves) {
  ck_assert(trust::check_anchor_rules(rules(), "a.toml").has_value());
  for (const std::string& wrong : {rules("color = 1\n"), std::string("certificate ="), std::string()}) {
    const auto checked = trust::check_anchor_rules(wrong, "a.toml");
    ck_assert(!checked);
    expect_contains(checked.error(), "a.toml:");
  }
}
END_TEST

Suite* suite() {
  Suite* s = suite_create("trust");
  TCase* tc = tcase_create("trust");
  for (const auto* test :
       {complete_anchor, functions_of_an_anchor, anchors_without_kinds, several_kinds,
        constraints_of_an_anchor, fingerprints_as_people_type_them, intermediates, several_anchors_in_order,
        pem_and_fingerprint_forms, wrong_rules, wrong_certificates, unsafe_files, one_bad_anchor,
        twins_share_name_key_and_a_function, the_rules_of_an_anchor_by_themselves})
    tcase_add_test(tc, test);
  suite_add_tcase(s, tc);
  return s;
}

}  // namespace

int main() {
  for (const char* name : {"root", "person", "impostor"}) key(name);
  return run_suite(suite());
}
