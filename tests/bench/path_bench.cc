// SPDX-License-Identifier: LGPL-2.1-or-later
//
// path_bench: one path of three certificates (person, CA, anchor) validated by us, by GnuTLS and by OpenSSL,
// on the same octets, with the person's certificate policy demanded where the side can (GnuTLS cannot). Every
// answer is a fresh one: the person's certificate and the CA's are decoded, built into a path and both
// signatures verified.
#include "testkit/pki/certificate_builder.h"
#include "testkit/pki/extensions.h"
#include "testkit/pki/profiles.h"
#include "tests/bench/yardsticks.h"
#include "validator/path/path.h"

#include <memory>

#include <CLI/CLI.hpp>
#include <openssl/x509v3.h>

namespace {

using namespace jpki;
using namespace jpki::bench;
namespace pki = jpki::testpki;

constexpr char kPolicy[] = "1.2.392.200149.8.5.1.3.30";
constexpr char kAnyPolicy[] = "2.5.29.32.0";

struct Case {
  Blob anchor, authority, person;
  Time now;
};

pki::CertificateBuilder authority(const Blob& issuer, const Blob& subject, const pki::PrivateKey& issuer_key,
                                  const pki::PrivateKey& key, Time now) {
  pki::CertificateBuilder certificate;
  certificate.serial = {1};
  certificate.issuer = issuer;
  certificate.subject = subject;
  certificate.not_before = now - std::chrono::hours(24 * 365);
  certificate.not_after = now + std::chrono::hours(24 * 365);
  certificate.subject_public_key_info = key.subject_public_key_info();
  certificate.add(pki::basic_constraints(true))
      .add(pki::key_usage({pki::KeyUsage::kKeyCertSign, pki::KeyUsage::kCrlSign}))
      .add(pki::certificate_policies({kAnyPolicy}))
      .add(pki::subject_key_identifier(key.key_identifier()))
      .add(pki::authority_key_identifier(issuer_key.key_identifier()));
  return certificate;
}

Case make_case() {
  const auto root = pki::PrivateKey::rsa("path-bench/root"), ca = pki::PrivateKey::rsa("path-bench/ca"),
             card = pki::PrivateKey::rsa("path-bench/card");
  const Blob root_name = pki::distinguished_name({pki::country("JP"), pki::organization("JPKI-TEST root")});
  const Blob ca_name = pki::distinguished_name({pki::country("JP"), pki::organization("JPKI-TEST")});
  Case result;
  result.now = SystemClock().now();
  result.anchor = authority(root_name, root_name, root, root, result.now).sign(root);
  result.authority = authority(root_name, ca_name, root, ca, result.now).sign(root);
  auto person = authority(ca_name, pki::distinguished_name({pki::country("JP"), pki::common_name("bench")}),
                          ca, card, result.now);
  person.extensions.clear();
  person.add(pki::key_usage({pki::KeyUsage::kDigitalSignature}))
      .add(pki::extended_key_usage({pki::oid::kClientAuth}))
      .add(pki::certificate_policies({kPolicy}, true))
      .add(pki::subject_key_identifier(card.key_identifier()))
      .add(pki::authority_key_identifier(ca.key_identifier()));
  result.person = person.sign(ca);
  return result;
}

class Ours {
 public:
  explicit Ours(const Case& about) : case_(about) {
    anchors_.push_back({"bench", decoded(about.anchor), {x509::Kind::kJpkiAuthentication}, {}, {}});
  }
  void ask() const {
    const auto person = decoded(case_.person);
    std::vector<x509::Certificate> pool;
    pool.push_back(decoded(case_.authority));
    const path::PathPolicy policy{
        .initial_policies = {kPolicy}, .explicit_policy = true, .kind = x509::Kind::kJpkiAuthentication};
    const auto verified = path::validate_path(person, pool, anchors_, policy, case_.now);
    require(verified && verified->chain().size() == 2, "our path");
  }

 private:
  const Case& case_;
  trust::TrustStore anchors_;
};

class GnuTls {
 public:
  explicit GnuTls(const Case& about) : case_(about) {
    gnutls_x509_crt_t anchor = gnutls_certificate(about.anchor);
    require(gnutls_x509_trust_list_init(&anchors_, 0) == 0 &&
                gnutls_x509_trust_list_add_cas(anchors_, &anchor, 1, 0) == 1,
            "gnutls_x509_trust_list");
  }
  void ask() const {
    gnutls_x509_crt_t chain[] = {gnutls_certificate(case_.person), gnutls_certificate(case_.authority)};
    unsigned failures = 0;
    require(gnutls_x509_trust_list_verify_crt2(anchors_, chain, 2, nullptr, 0, 0, &failures, nullptr) == 0 &&
                failures == 0,
            "gnutls_x509_trust_list_verify_crt2");
    for (gnutls_x509_crt_t certificate : chain) gnutls_x509_crt_deinit(certificate);
  }

 private:
  const Case& case_;
  gnutls_x509_trust_list_t anchors_ = nullptr;
};

class OpenSsl {
 public:
  explicit OpenSsl(const Case& about) : case_(about), store_(X509_STORE_new()) {
    require(store_ != nullptr && X509_STORE_add_cert(store_, openssl_certificate(about.anchor)) == 1,
            "X509_STORE_add_cert");
    X509_VERIFY_PARAM* const rules = X509_STORE_get0_param(store_);
    require(
        X509_VERIFY_PARAM_add0_policy(rules, OBJ_txt2obj(kPolicy, 1)) == 1 &&
            X509_VERIFY_PARAM_set_flags(rules, X509_V_FLAG_POLICY_CHECK | X509_V_FLAG_EXPLICIT_POLICY) == 1,
        "X509_VERIFY_PARAM");
  }
  void ask() const {
    X509 *const person = openssl_certificate(case_.person), *const authority =
                                                                openssl_certificate(case_.authority);
    STACK_OF(X509)* const pool = sk_X509_new_null();
    X509_STORE_CTX* const context = X509_STORE_CTX_new();
    require(pool != nullptr && sk_X509_push(pool, authority) == 1 && context != nullptr &&
                X509_STORE_CTX_init(context, store_, person, pool) == 1,
            "X509_STORE_CTX");
    require(X509_verify_cert(context) == 1, "X509_verify_cert");
    X509_STORE_CTX_free(context);
    sk_X509_pop_free(pool, X509_free);
    X509_free(person);
  }

 private:
  const Case& case_;
  X509_STORE* store_;
};

}  // namespace

int main(int argc, char** argv) {
  unsigned count = 2000;
  CLI::App app{"Path validation: ours, GnuTLS and OpenSSL on the same octets"};
  app.add_option("--count", count, "paths of each")->check(CLI::Range(1u, 1000000u));
  CLI11_PARSE(app, argc, argv);
  const Case about = make_case();
  Goals goals;
  compare("a path of three certificates: decoded, built, validated", Ours(about), GnuTls(about),
          OpenSsl(about), count, goals);
  return goals.exit_status();
}
