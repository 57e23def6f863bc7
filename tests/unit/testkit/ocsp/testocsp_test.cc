// SPDX-License-Identifier: LGPL-2.1-or-later
//
// The parts of jpki-testocsp that need no network: HTTP heads, recipes, commands, and every fault once. That
// the plain answer is right is GnuTLS's judgement.
#include "testkit/ocsp/control.h"
#include "testkit/ocsp/der_parser.h"
#include "testkit/ocsp/http_request.h"
#include "testkit/pki/certificate_builder.h"
#include "tests/unit/support/check_main.h"

#include <set>

#include <gnutls/ocsp.h>

using namespace jpki;
using namespace jpki::testocsp;
namespace pki = jpki::testpki;
namespace der = jpki::testpki::der;

namespace {

constexpr Time kNow{std::chrono::sys_days{std::chrono::year{2026} / 4 / 1}};
const Blob kSerial{0x41, 0x02};
const Blob kNonce(32, 7);

Ca authority(const std::string& name) {
  pki::PrivateKey key = pki::PrivateKey::rsa(name);
  pki::CertificateBuilder builder;
  builder.issuer = builder.subject =
      pki::distinguished_name({pki::country("JP"), pki::organization("JPKI-TEST")});
  builder.not_before = kNow - std::chrono::hours(24);
  builder.not_after = kNow + std::chrono::hours(24);
  builder.subject_public_key_info = key.subject_public_key_info();
  builder.add(pki::basic_constraints(true));
  const Blob certificate = builder.sign(key);
  return {name, certificate, builder.subject, builder.subject_public_key_info, std::move(key)};
}

PkiTree tree() {
  std::vector<Ca> cas;
  cas.push_back(authority("jpki-auth-g3"));
  cas.push_back(authority("impostor"));
  const Blob name = pki::distinguished_name({pki::common_name("taro")});
  return {std::move(cas),
          pki::PrivateKey::rsa("responder"),
          {{"taro", kSerial}, {"revoked", {0x42}}},
          {Blob{0x30, 0x00}, name, pki::PrivateKey::rsa("card")}};
}

Responder& responder() {
  static Responder instance(tree());
  instance.reset();
  return instance;
}

// RFC 6960 4.1.1, written by hand.
Blob request_for(const Blob& serial) {
  const Ca ca = authority("jpki-auth-g3");
  const Blob id = encode(cert_id(pki::Digest::kSha1, ca.subject, ca.subject_public_key_info, serial));
  const Blob list = der::sequence({der::sequence({id})});
  const Blob extensions = pki::encode_extensions({nonce_extension(kNonce)});
  return der::sequence({der::sequence({list, der::tlv(der::context_constructed(2), extensions)})});
}

unsigned status_by_gnutls(const Blob& response_der) {
  gnutls_ocsp_resp_t response = nullptr;
  const gnutls_datum_t input = {const_cast<unsigned char*>(response_der.data()),
                                static_cast<unsigned>(response_der.size())};
  unsigned status = 99;
  ck_assert_int_eq(gnutls_ocsp_resp_init(&response), 0);
  ck_assert_int_eq(gnutls_ocsp_resp_import(response, &input), 0);
  ck_assert_int_eq(gnutls_ocsp_resp_get_single(response, 0, nullptr, nullptr, nullptr, nullptr, &status,
                                               nullptr, nullptr, nullptr, nullptr),
                   0);
  gnutls_datum_t nonce{};
  ck_assert_int_eq(gnutls_ocsp_resp_get_nonce(response, nullptr, &nonce), 0);
  ck_assert(Blob(nonce.data, nonce.data + nonce.size) == kNonce);
  gnutls_free(nonce.data);
  gnutls_ocsp_resp_deinit(response);
  return status;
}

START_TEST(the_truth) {
  Responder& r = responder();
  const auto status_of = [&](const Blob& serial) {
    return status_by_gnutls(r.answer(request_for(serial), false, kNow).body);
  };
  ck_assert_uint_eq(status_of(kSerial), GNUTLS_OCSP_CERT_GOOD);
  ck_assert_uint_eq(status_of({0x42}), GNUTLS_OCSP_CERT_REVOKED);
  ck_assert(execute(r, "revoke taro 1") == "ok");
  ck_assert_uint_eq(status_of(kSerial), GNUTLS_OCSP_CERT_REVOKED);
  ck_assert(execute(r, "unknown 4102") == "ok");
  ck_assert_uint_eq(status_of(kSerial), GNUTLS_OCSP_CERT_UNKNOWN);
  ck_assert(execute(r, "good taro") == "ok");
  ck_assert_uint_eq(status_of(kSerial), GNUTLS_OCSP_CERT_GOOD);
  ck_assert(execute(r, "stats") == "ok get=0 post=5 nonce=5 sha1=5 sha256=0");
  ck_assert(r.answer(Blob{1, 2, 3}, false, kNow).body == error_response(1));
}
END_TEST

START_TEST(recipes_one_after_another) {
  Responder& r = responder();
  ck_assert(execute(r, "answer revoked unknown+no-get plain") == "ok");
  const auto next = [&](bool is_get) { return r.answer(request_for(kSerial), is_get, kNow); };
  ck_assert_uint_eq(status_by_gnutls(next(false).body), GNUTLS_OCSP_CERT_REVOKED);
  ck_assert_int_eq(next(true).status, 405);
  for (int i = 0; i < 2; ++i) ck_assert_uint_eq(status_by_gnutls(next(false).body), GNUTLS_OCSP_CERT_GOOD);
}
END_TEST

START_TEST(commands_that_are_none) {
  for (const char* line : {"", "dance", "answer", "answer nonsense", "answer plain+good", "answer shift",
                           "answer shift:x", "answer good:1", "revoke", "revoke nobody", "good 123"})
    ck_assert_msg(execute(responder(), line).starts_with("error "), "%s", line);
}
END_TEST

START_TEST(every_fault_once) {
  std::set<std::string> names;
  for (const auto& table : {statement_faults(), signer_faults(), encoding_faults(), connection_faults()})
    for (const Fault& fault : table) {
      ck_assert_msg(names.insert(fault.name).second, "%s is there twice", fault.name);
      const std::string recipe = std::string(fault.name) + (fault.number ? ":200" : "");
      Responder& r = responder();
      ck_assert_msg(execute(r, "answer " + recipe) == "ok", "%s", recipe.c_str());
      (void)r.answer(request_for(kSerial), true, kNow);
    }
  ck_assert_uint_ge(names.size(), 90);
}
END_TEST

START_TEST(heads_and_get_forms) {
  const auto post =
      parse_head("POST /ocsp HTTP/1.1\r\nContent-type:  Application/OCSP-request\r\ncontent-LENGTH: 3");
  ck_assert(post && post->method == "POST" && post->content_length == 3);
  ck_assert(post->content_type == "application/ocsp-request");
  ck_assert(!parse_head("POST"));
  ck_assert(!parse_head("GET / SPDY/3"));
  const auto get = [](const std::string& target) {
    return ocsp_request_of({.method = "GET", .target = target, .content_type = "", .body = {}});
  };
  ck_assert(get("/ocsp/%2B%2F%2B%2F%2Bw%3D%3D") == Blob({0xfb, 0xff, 0xbf, 0xfb}));
  for (const char* bad : {"/ocsp/+/+/+w==", "/ocsp/", "ocsp", "/%2", "/%zz", "/*"})
    ck_assert_msg(!get(bad), "%s", bad);
}
END_TEST

Suite* suite() {
  Suite* s = suite_create("testkit/ocsp");
  TCase* t = tcase_create("responder");
  tcase_set_timeout(t, 60);
  tcase_add_unchecked_fixture(
      t, [] { (void)responder(); }, nullptr);
  tcase_add_test(t, the_truth);
  tcase_add_test(t, recipes_one_after_another);
  tcase_add_test(t, commands_that_are_none);
  tcase_add_test(t, every_fault_once);
  tcase_add_test(t, heads_and_get_forms);
  suite_add_tcase(s, t);
  return s;
}

}  // namespace

int main() {
  return jpki::test::run_suite(suite());
}
