// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Who may sign an OCSP response (RFC 6960 4.2.2.2).
#include "tests/unit/validator/ocsp_fixture.h"

namespace {

using namespace jpki;
using namespace jpki::test;
using ocsp::Status;
using std::chrono::seconds;

constexpr Verdict kInvalid = Verdict::kRevocationInvalid;

START_TEST(the_ca_itself) {
  expect_answer(by_root(response()), Status::kGood);
  auto by_key = response();
  by_key.responder_id = tocsp::by_key(key("root").key_identifier());
  expect_answer(by_root(by_key), Status::kGood);
  auto other_string_type = response();
  other_string_type.responder_id = tocsp::by_name(authority_name(der::kPrintableString));
  expect_answer(by_root(other_string_type), Status::kGood);

  expect_refusal(response().sign(key("impostor")), kInvalid, "3.2(2)");
  auto corrupt = response();
  corrupt.signature.corrupt = true;
  expect_refusal(by_root(corrupt), kInvalid, "not made with this key");
  // Signed by the CA, yet in another's name.
  auto other_name = response();
  other_name.responder_id = tocsp::by_name(responder_name());
  expect_refusal(by_root(other_name), kInvalid, "neither the CA nor a certificate at hand");
  auto other_key = response();
  other_key.responder_id = tocsp::by_key(key("impostor").key_identifier());
  expect_refusal(by_root(other_key), kInvalid, "neither the CA nor a certificate at hand");
  auto no_name = response();
  no_name.responder_id = tocsp::by_name(der::sequence(std::initializer_list<Bytes>{}));
  expect_refusal(by_root(no_name), kInvalid, "neither the CA nor a certificate at hand");
}
END_TEST

START_TEST(a_delegate) {
  expect_answer(by_responder(delegated(responder())), Status::kGood);
  auto by_key = delegated(responder());
  by_key.responder_id = tocsp::by_key(key("responder").key_identifier());
  expect_answer(by_responder(by_key), Status::kGood);
  // It signed, but in the name of another.
  auto other_name = delegated(responder());
  other_name.responder_id = tocsp::by_name(person_name());
  expect_refusal(by_responder(other_name), kInvalid, "neither the CA nor a certificate at hand");
  other_name.responder_id = tocsp::by_key(key("impostor").key_identifier());
  expect_refusal(by_responder(other_name), kInvalid, "neither the CA nor a certificate at hand");
  // Without keyUsage everything is allowed.
  expect_answer(by_responder(delegated(responder().remove(pki::oid::kKeyUsage))), Status::kGood);
  // Beside others, malformed ones too.
  auto crowd = delegated(responder());
  crowd.certificates.insert(crowd.certificates.begin(), {root(), der::sequence({der::null()})});
  expect_answer(by_responder(crowd), Status::kGood);
  crowd.certificates.insert(crowd.certificates.begin(), 5, root());
  expect_answer(by_responder(crowd), Status::kGood);
  crowd.certificates.push_back(root());
  expect_refusal(by_responder(crowd), kInvalid, "too many");
}
END_TEST

START_TEST(a_delegate_that_is_known_here) {
  auto bare = delegated(responder());
  bare.certificates.clear();
  expect_refusal(by_responder(bare), kInvalid, "neither the CA nor a certificate at hand");
  expect_answer(by_responder(bare), Status::kGood, {.local = {root(), responder().sign(key("root"))}});
  // To be known here makes nobody the CA's delegate.
  expect_refusal(by_responder(bare), kInvalid, "CA's signature",
                 {.local = {responder().sign(key("impostor"))}});
}
END_TEST

void refused(const pki::CertificateBuilder& certificate, const std::string& clause,
             const std::string& issuer_key = "root") {
  expect_refusal(by_responder(delegated(certificate, issuer_key)), kInvalid, clause);
}

START_TEST(delegates_of_others) {
  refused(responder(), "CA's signature of the responder's certificate: it was not made with this key",
          "impostor");
  auto self_signed = responder();
  self_signed.issuer = self_signed.subject;
  refused(self_signed, "not issued by the certificate's issuer", "responder");
  auto other_ca = responder();
  other_ca.issuer = pki::distinguished_name({pki::country("JP"), pki::organization("LGPKI-TEST")});
  refused(other_ca, "not issued by the certificate's issuer");
  auto corrupt = responder();
  corrupt.signature.corrupt = true;
  refused(corrupt, "CA's signature of the responder's certificate: it was not made with this key");
  // Its certificate is fine, the response is by somebody else.
  expect_refusal(delegated(responder()).sign(key("impostor")), kInvalid, "signature of the response");
  expect_refusal(by_root(delegated(responder())), kInvalid, "signature of the response");
}
END_TEST

START_TEST(delegates_without_the_purpose) {
  const char kClause[] = "id-kp-OCSPSigning";
  refused(responder().remove(pki::oid::kExtendedKeyUsage), kClause);
  refused(responder().replace(pki::extended_key_usage({pki::oid::kClientAuth})), kClause);
  refused(responder().replace(pki::extended_key_usage({"2.5.29.37.0"})), kClause);
  const auto two = responder().replace(pki::extended_key_usage({pki::oid::kServerAuth, kOcspSigning}));
  expect_answer(by_responder(delegated(two)), Status::kGood);
  refused(responder().replace(pki::key_usage({pki::KeyUsage::kKeyEncipherment})), "digitalSignature");
  // The holder of a card speaks for nobody.
  auto by_card = delegated(person());
  expect_refusal(by_card.sign(key("person")), kInvalid, kClause);
}
END_TEST

START_TEST(delegates_out_of_their_time) {
  auto bounds = responder();
  bounds.not_before = bounds.not_after = kNow;
  expect_answer(by_responder(delegated(bounds)), Status::kGood);
  bounds.not_before = kNow - kDay;
  bounds.not_after = kNow - seconds(1);
  refused(bounds, "has expired");
  bounds.not_before = kNow + seconds(1);
  bounds.not_after = kNow + kDay;
  refused(bounds, "not yet valid");
}
END_TEST

START_TEST(delegates_with_odd_extensions) {
  refused(responder().add({"2.999.1", true, der::null()}), "unknown critical extension 2.999.1");
  const Blob only_dns = der::sequence(
      {der::tlv(der::context_constructed(0), der::sequence({der::text(der::context(2), "responder.test")}))});
  refused(responder().add({pki::oid::kNameConstraints, true, only_dns}),
          "unknown critical extension 2.5.29.30");
  expect_answer(by_responder(delegated(responder().add({"2.999.1", false, der::null()}))), Status::kGood);
  expect_answer(by_responder(delegated(responder().replace({kNoCheck, true, der::null()}))), Status::kGood);
  expect_answer(by_responder(delegated(responder().add(pki::basic_constraints(false)))), Status::kGood);
}
END_TEST

START_TEST(weak_algorithms) {
  auto sha1 = delegated(responder());
  sha1.signature.digest = pki::Digest::kSha1;
  expect_refusal(by_responder(sha1), kInvalid, "signature of the response: its algorithm or key is too weak");
  expect_answer(by_responder(sha1), Status::kGood, {.policy = {.algorithms = {.allow_sha1 = true}}});
  auto md5 = delegated(responder());
  md5.signature.digest = pki::Digest::kMd5;
  expect_refusal(by_responder(md5), kInvalid, "too weak", {.policy = {.algorithms = {.allow_sha1 = true}}});
  auto sha1_certificate = responder();
  sha1_certificate.signature.digest = pki::Digest::kSha1;
  refused(sha1_certificate, "responder's certificate: its algorithm or key is too weak");
  expect_refusal(delegated(responder("short")).sign(key("short")), kInvalid,
                 "signature of the response: its algorithm or key is too weak");
  auto unheard_of = delegated(responder());
  unheard_of.signature.inner_algorithm = der::sequence({der::oid("2.999.1"), der::null()});
  expect_refusal(by_responder(unheard_of), kInvalid, "not supported");
  auto other_algorithm = delegated(responder());
  other_algorithm.signature.inner_algorithm = key("root").signature_algorithm(pki::Digest::kSha384);
  expect_refusal(by_responder(other_algorithm), kInvalid, "not made with this key");
  expect_answer(delegated(responder("p384")).sign(key("p384")), Status::kGood);
}
END_TEST

START_TEST(own_status) {
  const auto checked = responder().remove(kNoCheck);
  expect_refusal(by_responder(delegated(checked)), kInvalid, "not known to be good: no status at hand");
  expect_answer(by_responder(delegated(checked)), Status::kGood, {.responder_refusal = ""});

  // With nocheck nothing need be known, but what is known counts.
  expect_answer(by_responder(delegated(responder())), Status::kGood);
  for (const auto& certificate : {responder(), checked})
    expect_refusal(by_responder(delegated(certificate)), kInvalid,
                   "the responder's certificate is revoked: listed",
                   {.responder_refusal = "listed", .responder_revoked = true});

  const auto ask = [](const Blob& der) {
    const FixedStatus status("revoked");
    (void)ocsp::check_response(der, decoded(person().sign(key("root"))), decoded(root()), {}, {}, status, {},
                               kNow);
    return status.asked;
  };
  // Asked once, for a responder that is the CA's and did sign; never for others.
  ck_assert_int_eq(ask(by_responder(delegated(checked))), 1);
  ck_assert_int_eq(ask(by_responder(delegated(responder()))), 1);
  ck_assert_int_eq(ask(by_responder(delegated(checked, "impostor"))), 0);
  ck_assert_int_eq(ask(delegated(checked).sign(key("impostor"))), 0);
  ck_assert_int_eq(ask(by_root(response())), 0);
}
END_TEST

// All JPKI generations share one name: the key decides, not the name.
START_TEST(generations_of_one_name) {
  Question other_generation;
  other_generation.issuer = root("impostor");
  expect_refusal(by_root(response()), Verdict::kRevocationUnknown, "not about this certificate",
                 other_generation);
  auto about = single();
  about.id = tocsp::cert_id(pki::Digest::kSha1, authority_name(), key("impostor").subject_public_key_info(),
                            kSerialOfPerson);
  expect_refusal(by_root(response(about)), kInvalid, "signature of the response", other_generation);
  auto by_delegate = delegated(responder());
  by_delegate.responses = {about};
  expect_refusal(by_responder(by_delegate), kInvalid, "CA's signature", other_generation);
}
END_TEST

Suite* suite() {
  Suite* s = suite_create("validator/ocsp responder");
  TCase* t = tcase_create("responder");
  tcase_set_timeout(t, 60);
  tcase_add_unchecked_fixture(t, make_keys, nullptr);
  tcase_add_test(t, the_ca_itself);
  tcase_add_test(t, a_delegate);
  tcase_add_test(t, a_delegate_that_is_known_here);
  tcase_add_test(t, delegates_of_others);
  tcase_add_test(t, delegates_without_the_purpose);
  tcase_add_test(t, delegates_out_of_their_time);
  tcase_add_test(t, delegates_with_odd_extensions);
  tcase_add_test(t, weak_algorithms);
  tcase_add_test(t, own_status);
  tcase_add_test(t, generations_of_one_name);
  suite_add_tcase(s, t);
  return s;
}

}  // namespace

int main() {
  return jpki::test::run_suite(suite());
}
