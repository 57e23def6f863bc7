// SPDX-License-Identifier: LGPL-2.1-or-later
//
// The building blocks: DER, keys, certificates and CRLs, judged by known encodings and by GnuTLS.
#include "testkit/pki/certificate_builder.h"
#include "testkit/pki/crl_builder.h"
#include "tests/unit/support/check_main.h"
#include "tests/unit/testkit/pki/gnutls_handles.h"

#include <cstdlib>
#include <string>

#include <gnutls/abstract.h>
#include <gnutls/x509.h>

using namespace jpki;
using namespace jpki::testpki;

namespace {

constexpr Time kNow{std::chrono::sys_days{std::chrono::year{2026} / 4 / 1}};
constexpr auto kYear = std::chrono::days(365);

void expect_hex(Bytes value, const std::string& expected) {
  const std::string hex = to_hex(value);
  ck_assert_str_eq(hex.c_str(), expected.c_str());
}

const PrivateKey& issuer_key() {
  static const PrivateKey key = PrivateKey::rsa("issuer");
  return key;
}

CertificateBuilder self_signed() {
  CertificateBuilder builder;
  builder.issuer = builder.subject = distinguished_name({country("JP"), organization("JPKI-TEST")});
  builder.not_before = kNow - kYear;
  builder.not_after = kNow + kYear;
  builder.subject_public_key_info = issuer_key().subject_public_key_info();
  return builder;
}

unsigned verify_output(const Blob& certificate, const Blob& issuer) {
  const Crt subject = import_crt(certificate), ca = import_crt(issuer);
  gnutls_x509_crt_t list = ca.get();
  unsigned status = 0;
  ck_assert_int_eq(
      gnutls_x509_crt_verify(subject.get(), &list, 1,
                             GNUTLS_VERIFY_DISABLE_TIME_CHECKS | GNUTLS_VERIFY_DISABLE_CA_SIGN, &status),
      0);
  return status;
}

// X.690 8.1.3: lengths; 8.3: integers; 8.19: object identifiers; 11.2.2: named bits.
START_TEST(der_encodings) {
  expect_hex(der::integer(0), "020100");
  expect_hex(der::integer(127), "02017f");
  expect_hex(der::integer(128), "02020080");
  expect_hex(der::integer(UINT64_MAX), "020900ffffffffffffffff");
  expect_hex(der::unsigned_integer(Blob{0, 0, 1}), "020101");
  expect_hex(der::raw_integer(Blob{0, 0, 1}), "0203000001");
  expect_hex(der::oid("1.2.392.200149.8.5.1.3.30"), "060b2a83088c9b55080501031e");
  expect_hex(der::oid("2.999.1"), "0603883701");
  expect_hex(der::oid("0.0"), "060100");
  expect_hex(der::named_bits(1), "03020780");
  expect_hex(der::named_bits(0x60), "03020106");
  expect_hex(der::named_bits(0x100), "0303070080");
  expect_hex(der::named_bits(0), "030100");
  expect_hex(der::boolean(true), "0101ff");
  expect_hex(der::null(), "0500");
  expect_hex(der::enumerated(5), "0a0105");
  expect_hex(der::sequence({der::null(), der::boolean(false)}), "30050500010100");
  Blob header;
  der::append_header(header, 0x30, 127);
  der::append_header(header, 0x30, 128);
  der::append_header(header, 0x30, 65536);
  expect_hex(header, "307f3081803083010000");
}
END_TEST

// RFC 5280 4.1.2.5: UTCTime through 2049.
START_TEST(der_times) {
  const auto at = [](int year) {
    return Time{std::chrono::sys_days{std::chrono::year{year} / 2 / 28}} + std::chrono::seconds(3661);
  };
  expect_hex(der::time(at(2049)), "170d" + to_hex(as_bytes("490228010101Z")));
  expect_hex(der::time(at(2050)), "180f" + to_hex(as_bytes("20500228010101Z")));
  expect_hex(der::time(at(1949)), "180f" + to_hex(as_bytes("19490228010101Z")));
  expect_hex(der::time(at(1950)), "170d" + to_hex(as_bytes("500228010101Z")));
}
END_TEST

START_TEST(names) {
  expect_hex(distinguished_name({country("JP"), common_name("A")}),
             "3019310b3009060355040613024a50310a300806035504030c0141");
  expect_hex(distinguished_name({common_name("A", der::kPrintableString)}), "300c310a30080603550403130141");
}
END_TEST

START_TEST(keys_follow_from_the_seed) {
  const PrivateKey again = PrivateKey::rsa("issuer"), other = PrivateKey::rsa("issuer2");
  ck_assert(issuer_key().pkcs8_pem() == again.pkcs8_pem());
  ck_assert(issuer_key().pkcs8_pem() != other.pkcs8_pem());
  ck_assert(PrivateKey::p384("a").pkcs8_pem() == PrivateKey::p384("a").pkcs8_pem());
  ck_assert(PrivateKey::p384("a").pkcs8_pem() != PrivateKey::p384("b").pkcs8_pem());
  const PrivateKey p384 = PrivateKey::p384("a");
  ck_assert(p384.sign(as_bytes("x"), Digest::kSha384) == p384.sign(as_bytes("x"), Digest::kSha384));
}
END_TEST

// GnuTLS derives the same public key from what pkcs8_pem() wrote.
START_TEST(public_key_matches_private_key) {
  const PrivateKey keys[] = {PrivateKey::rsa("x"), PrivateKey::p384("x"), PrivateKey::rsa("weak", 1024)};
  for (const PrivateKey& key : keys) {
    ck_assert(spki_of(import_key(key.pkcs8_pem())) == key.subject_public_key_info());
  }
}
END_TEST

START_TEST(keys_come_back_from_their_files) {
  const PrivateKey p384 = PrivateKey::p384("file");
  for (const PrivateKey* key : {&issuer_key(), &p384}) {
    const auto read = PrivateKey::from_pem(key->pkcs8_pem());
    ck_assert(read.has_value() && read->is_rsa() == key->is_rsa());
    ck_assert(read->subject_public_key_info() == key->subject_public_key_info());
    ck_assert(read->sign(Blob{1, 2}, Digest::kSha256) == key->sign(Blob{1, 2}, Digest::kSha256));
  }
  ck_assert(!PrivateKey::from_pem("").has_value());
  ck_assert(
      !PrivateKey::from_pem("-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n").has_value());
}
END_TEST

START_TEST(certificate_signatures) {
  CertificateBuilder builder = self_signed();
  const Blob good = builder.sign(issuer_key());
  ck_assert_uint_eq(verify_output(good, good), 0);

  const PrivateKey other = PrivateKey::p384("other");
  ck_assert_uint_ne(verify_output(builder.sign(other), good), 0);

  CertificateBuilder by_p384 = self_signed();
  by_p384.subject_public_key_info = other.subject_public_key_info();
  by_p384.signature.digest = Digest::kSha384;
  const Blob p384 = by_p384.sign(other);
  ck_assert_uint_eq(verify_output(p384, p384), 0);

  builder.signature.corrupt = true;
  ck_assert_uint_ne(verify_output(builder.sign(issuer_key()), good), 0);

  builder.signature = {.digest = Digest::kSha1};
  ck_assert_int_eq(gnutls_x509_crt_get_signature_algorithm(import_crt(builder.sign(issuer_key())).get()),
                   GNUTLS_SIGN_RSA_SHA1);
}
END_TEST

START_TEST(extensions_are_replaced_and_removed) {
  CertificateBuilder builder = self_signed();
  builder.add(basic_constraints(true, 1)).add({"2.999.7", true, der::null()});
  builder.replace(basic_constraints(false)).replace(key_usage({KeyUsage::kCrlSign})).remove("2.999.7");
  const Crt crt = import_crt(builder.sign(issuer_key()));
  unsigned critical = 0, ca = 7, usage = 0;
  int path_length = 0;
  ck_assert_int_eq(gnutls_x509_crt_get_basic_constraints(crt.get(), &critical, &ca, &path_length), 0);
  ck_assert_uint_eq(critical, 1);
  ck_assert_uint_eq(ca, 0);
  ck_assert_int_eq(gnutls_x509_crt_get_key_usage(crt.get(), &usage, &critical), 0);
  ck_assert_uint_eq(usage, GNUTLS_KEY_CRL_SIGN);
  char oid_text[64];
  std::size_t size = sizeof oid_text;
  ck_assert_int_eq(gnutls_x509_crt_get_extension_info(crt.get(), 2, oid_text, &size, &critical),
                   GNUTLS_E_REQUESTED_DATA_NOT_AVAILABLE);
}
END_TEST

START_TEST(crl_entries_and_extensions) {
  const Blob issuer = self_signed().subject;
  CrlBuilder builder;
  builder.issuer = issuer;
  builder.this_update = kNow;
  builder.next_update = kNow + std::chrono::days(7);
  builder.revoke(Blob{0x12, 0x34}, kNow - kYear, 1).revoke(Blob{0x56}, kNow);
  builder.add(crl_number(300)).add(issuing_distribution_point({.only_contains_user_certs = true}));
  const Crl crl = import_crl(builder.sign(issuer_key()));
  const Crt ca = import_crt(self_signed().sign(issuer_key()));
  ck_assert_int_eq(gnutls_x509_crl_get_crt_count(crl.get()), 2);
  ck_assert_uint_eq(gnutls_x509_crl_check_issuer(crl.get(), ca.get()), 1);
  gnutls_x509_crt_t list = ca.get();
  unsigned status = 1;
  ck_assert_int_eq(
      gnutls_x509_crl_verify(crl.get(), &list, 1,
                             GNUTLS_VERIFY_DISABLE_TIME_CHECKS | GNUTLS_VERIFY_DISABLE_CA_SIGN, &status),
      0);
  ck_assert_uint_eq(status & GNUTLS_CERT_SIGNATURE_FAILURE, 0);
  std::uint8_t number[8];
  std::size_t size = sizeof number;
  ck_assert_int_eq(gnutls_x509_crl_get_number(crl.get(), number, &size, nullptr), 0);
  expect_hex(Bytes(number, size), "012c");
}
END_TEST

START_TEST(issuing_distribution_point_encodings) {
  expect_hex(issuing_distribution_point({}).value, "3000");
  expect_hex(issuing_distribution_point({.only_contains_ca_certs = true, .indirect_crl = true}).value,
             "30068201ff8401ff");
  expect_hex(issuing_distribution_point({.only_some_reasons = std::uint16_t{2}}).value, "300483020640");
  const Blob name = distribution_point_name(directory_name(distinguished_name({common_name("A")})));
  expect_hex(issuing_distribution_point({.distribution_point = name}).value,
             "3014a012a010a40e300c310a300806035504030c0141");
  expect_hex(crl_distribution_points({name}).value, "30163014a012a010a40e300c310a300806035504030c0141");
}
END_TEST

Suite* suite() {
  Suite* s = suite_create("testkit/pki builders");
  TCase* t = tcase_create("builders");
  tcase_set_timeout(t, 60);
  tcase_add_test(t, der_encodings);
  tcase_add_test(t, der_times);
  tcase_add_test(t, names);
  tcase_add_test(t, keys_follow_from_the_seed);
  tcase_add_test(t, public_key_matches_private_key);
  tcase_add_test(t, keys_come_back_from_their_files);
  tcase_add_test(t, certificate_signatures);
  tcase_add_test(t, extensions_are_replaced_and_removed);
  tcase_add_test(t, crl_entries_and_extensions);
  tcase_add_test(t, issuing_distribution_point_encodings);
  suite_add_tcase(s, t);
  return s;
}

}  // namespace

int main() {
  return jpki::test::run_suite(suite());
}
