// SPDX-License-Identifier: LGPL-2.1-or-later
//
// ocsp_bench: one OCSP request made and its response verified, by us, by GnuTLS and by OpenSSL, on the same
// octets, in turns in one loop. The response is signed by the CA's own key (one verification) or by a
// delegate whose certificate it embeds (two); every side must call the certificate good.
#include "testkit/ocsp/response_builder.h"
#include "testkit/pki/certificate_builder.h"
#include "testkit/pki/profiles.h"
#include "tests/bench/yardsticks.h"
#include "validator/ocsp/ocsp_check.h"
#include "validator/ocsp/ocsp_request.h"

#include <CLI/CLI.hpp>
#include <gnutls/ocsp.h>
#include <openssl/ocsp.h>

namespace {

using namespace jpki;
using namespace jpki::bench;
namespace pki = jpki::testpki;

struct Case {
  Blob subject, issuer, response;
  Blob nonce = Blob(ocsp::kNonceSize, 7);
  Time now;
};

Case make_case(bool delegated) {
  const auto ca = pki::PrivateKey::rsa("ocsp-bench/ca"), card = pki::PrivateKey::rsa("ocsp-bench/card"),
             responder = pki::PrivateKey::rsa("ocsp-bench/responder");
  Case result;
  result.now = SystemClock().now();
  const std::chrono::hours year{365 * 24};
  pki::CertificateBuilder issuer;
  issuer.issuer = issuer.subject =
      pki::distinguished_name({pki::country("JP"), pki::organization("JPKI-TEST")});
  issuer.not_before = result.now - year;
  issuer.not_after = result.now + year;
  issuer.subject_public_key_info = ca.subject_public_key_info();
  issuer.add(pki::basic_constraints(true));
  result.issuer = issuer.sign(ca);
  pki::CertificateBuilder subject = issuer;
  subject.serial = {0x41, 0x42, 0x43, 0x44};
  subject.subject = pki::distinguished_name({pki::country("JP"), pki::common_name("bench")});
  subject.subject_public_key_info = card.subject_public_key_info();
  subject.extensions.clear();
  result.subject = subject.sign(ca);

  testocsp::ResponseBuilder builder;
  builder.produced_at = result.now;
  builder.responses = {{.id = testocsp::cert_id(pki::Digest::kSha1, issuer.subject,
                                                ca.subject_public_key_info(), subject.serial),
                        .this_update = result.now,
                        .next_update = result.now + std::chrono::hours(1)}};
  builder.extensions = {testocsp::nonce_extension(result.nonce)};
  builder.responder_id = testocsp::by_name(issuer.subject);
  if (delegated) {
    const auto certificate =
        pki::ocsp_responder_certificate(issuer.subject, responder, result.now - year, result.now + year);
    builder.responder_id = testocsp::by_name(certificate.subject);
    builder.certificates = {certificate.sign(ca)};
  }
  result.response = builder.sign(delegated ? responder : ca);
  return result;
}

class NoStatus final : public ocsp::ResponderStatus {
 public:
  Expected<Unit, ocsp::ResponderDoubt> check(const x509::Certificate&, const x509::Certificate&,
                                             Time) const override {
    return Unexpected{ocsp::ResponderDoubt{"none"}};
  }
};

// Each side keeps its certificates decoded, as a login does, and does the rest for every question.
class Ours {
 public:
  explicit Ours(const Case& about)
      : case_(about), subject_(decoded(about.subject)), issuer_(decoded(about.issuer)) {}
  void ask() const {
    const auto request = ocsp::make_request(subject_, issuer_, ocsp::CertIdHash::kSha1, case_.nonce);
    require(!request.der.empty(), "our request");
    const auto answer = ocsp::check_response(case_.response, subject_, issuer_, case_.nonce, {}, NoStatus(),
                                             {.require_nonce = true}, case_.now);
    require(answer && answer->status == ocsp::Status::kGood, "our check");
  }

 private:
  const Case& case_;
  x509::Certificate subject_, issuer_;
};

class GnuTls {
 public:
  explicit GnuTls(const Case& about) : case_(about) {
    subject_ = gnutls_certificate(about.subject);
    issuer_ = gnutls_certificate(about.issuer);
    require(gnutls_x509_trust_list_init(&anchors_, 0) == 0 &&
                gnutls_x509_trust_list_add_cas(anchors_, &issuer_, 1, 0) == 1,
            "gnutls_x509_trust_list");
  }
  void ask() const {
    gnutls_ocsp_req_t request = nullptr;
    gnutls_datum_t der{};
    const gnutls_datum_t nonce = datum(case_.nonce), response_der = datum(case_.response);
    require(gnutls_ocsp_req_init(&request) == 0 &&
                gnutls_ocsp_req_add_cert(request, GNUTLS_DIG_SHA1, issuer_, subject_) == 0 &&
                gnutls_ocsp_req_set_nonce(request, 0, &nonce) == 0 &&
                gnutls_ocsp_req_export(request, &der) == 0,
            "gnutls_ocsp_req");
    gnutls_free(der.data);
    gnutls_ocsp_req_deinit(request);

    gnutls_ocsp_resp_t response = nullptr;
    unsigned failures = 0, status = 0;
    require(gnutls_ocsp_resp_init(&response) == 0 && gnutls_ocsp_resp_import(response, &response_der) == 0,
            "gnutls_ocsp_resp_import");
    require(gnutls_ocsp_resp_check_crt(response, 0, subject_) == 0, "gnutls_ocsp_resp_check_crt");
    require(gnutls_ocsp_resp_verify(response, anchors_, &failures, 0) == 0 && failures == 0,
            "gnutls_ocsp_resp_verify");
    gnutls_datum_t echoed{};
    require(gnutls_ocsp_resp_get_nonce(response, nullptr, &echoed) == 0 && echoed.size == nonce.size,
            "gnutls_ocsp_resp_get_nonce");
    gnutls_free(echoed.data);
    require(gnutls_ocsp_resp_get_single(response, 0, nullptr, nullptr, nullptr, nullptr, &status, nullptr,
                                        nullptr, nullptr, nullptr) == 0 &&
                status == GNUTLS_OCSP_CERT_GOOD,
            "gnutls_ocsp_resp_get_single");
    gnutls_ocsp_resp_deinit(response);
  }

 private:
  const Case& case_;
  gnutls_x509_crt_t subject_ = nullptr, issuer_ = nullptr;  // until the process ends
  gnutls_x509_trust_list_t anchors_ = nullptr;
};

class OpenSsl {
 public:
  explicit OpenSsl(const Case& about) : case_(about) {
    subject_ = openssl_certificate(about.subject);
    issuer_ = openssl_certificate(about.issuer);
    store_ = X509_STORE_new();
    require(store_ != nullptr && X509_STORE_add_cert(store_, issuer_) == 1, "X509_STORE_add_cert");
    known_ = sk_X509_new_null();
    require(known_ != nullptr && sk_X509_push(known_, issuer_) == 1, "sk_X509_push");
  }
  void ask() const {
    OCSP_REQUEST* request = OCSP_REQUEST_new();
    OCSP_CERTID* id = OCSP_cert_to_id(EVP_sha1(), subject_, issuer_);
    unsigned char* der = nullptr;
    require(OCSP_request_add0_id(request, OCSP_CERTID_dup(id)) != nullptr &&
                OCSP_request_add1_nonce(request, const_cast<unsigned char*>(case_.nonce.data()),
                                        static_cast<int>(case_.nonce.size())) == 1 &&
                i2d_OCSP_REQUEST(request, &der) > 0,
            "OCSP_REQUEST");
    OPENSSL_free(der);

    const unsigned char* input = case_.response.data();
    OCSP_RESPONSE* response = d2i_OCSP_RESPONSE(nullptr, &input, static_cast<long>(case_.response.size()));
    OCSP_BASICRESP* basic = response != nullptr ? OCSP_response_get1_basic(response) : nullptr;
    int status = -1, reason = 0;
    ASN1_GENERALIZEDTIME *revoked = nullptr, *this_update = nullptr, *next_update = nullptr;
    require(basic != nullptr && OCSP_check_nonce(request, basic) == 1, "OCSP_check_nonce");
    require(OCSP_basic_verify(basic, known_, store_, 0) == 1, "OCSP_basic_verify");
    require(OCSP_resp_find_status(basic, id, &status, &reason, &revoked, &this_update, &next_update) == 1 &&
                status == V_OCSP_CERTSTATUS_GOOD &&
                OCSP_check_validity(this_update, next_update, 300, 900) == 1,
            "OCSP_resp_find_status");
    OCSP_BASICRESP_free(basic);
    OCSP_RESPONSE_free(response);
    OCSP_CERTID_free(id);
    OCSP_REQUEST_free(request);
  }

 private:
  const Case& case_;
  X509 *subject_ = nullptr, *issuer_ = nullptr;  // until the process ends
  X509_STORE* store_ = nullptr;
  STACK_OF(X509) * known_ = nullptr;  // certificates that a signer is looked for in
};

void compare_on(const char* title, const Case& about, unsigned count, Goals& goals) {
  compare(title, Ours(about), GnuTls(about), OpenSsl(about), count, goals);
}

}  // namespace

int main(int argc, char** argv) {
  unsigned count = 2000;
  CLI::App app{"OCSP: ours, GnuTLS and OpenSSL on the same octets"};
  app.add_option("--count", count, "questions of each")->check(CLI::Range(1u, 1000000u));
  CLI11_PARSE(app, argc, argv);
  Goals goals;
  compare_on("request + verified response, signed by the CA", make_case(false), count, goals);
  compare_on("request + verified response, signed by a delegate", make_case(true), count, goals);
  return goals.exit_status();
}
