// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Keys that are the same in two encodings, and encodings that nothing is verified with.
#include "validator/x509/public_key.h"

#include "tests/unit/validator/pki_fixture.h"
#include "validator/asn1/der_reader.h"

namespace {

using namespace jpki;
using namespace jpki::test;

constexpr char kRsa[] = "1.2.840.113549.1.1.1";
constexpr char kCurveKey[] = "1.2.840.10045.2.1";
constexpr char kP256[] = "1.2.840.10045.3.1.7";
constexpr char kP384[] = "1.3.132.0.34";
constexpr char kX25519[] = "1.3.101.110";
constexpr char kEd25519[] = "1.3.101.112";
constexpr char kEd448[] = "1.3.101.113";

Blob info(const Blob& algorithm, const Blob& bit_string) {
  return der::sequence({algorithm, bit_string});
}
Blob info(const char* oid, const Blob& parameters, const Blob& bits) {
  return info(der::sequence({der::oid(oid), parameters}), der::bit_string(bits));
}
Blob rsa_numbers(const Blob& modulus, const Blob& exponent) {
  return der::sequence({der::raw_integer(modulus), der::raw_integer(exponent)});
}
Blob rsa(const Blob& bits) {
  return info(kRsa, der::null(), bits);
}
Blob point(std::uint8_t form) {
  return Blob{form, 1, 2, 3, 4};
}

void expect_known(const Blob& key_info, bool known, const char* what) {
  ck_assert_msg(x509::is_known_key_encoding(key_info) == known, "%s", what);
  ck_assert(x509::same_public_key(key_info, key_info));
}

START_TEST(numbers_of_rsa_are_positive_and_of_one_form) {
  const Blob modulus{0x00, 0x81}, exponent{0x03};
  expect_known(rsa(rsa_numbers(modulus, exponent)), true, "RSA");
  expect_known(rsa(rsa_numbers({0x7f}, {0x01, 0x00, 0x01})), true, "RSA without a leading zero");
  for (const Blob& bad : {Blob{}, Blob{0x00}, Blob{0x80}, Blob{0x81}, Blob{0x80, 0x01}, Blob{0x00, 0x01}}) {
    expect_known(rsa(rsa_numbers(bad, exponent)), false, "modulus");
    expect_known(rsa(rsa_numbers(modulus, bad)), false, "exponent");
  }
  expect_known(rsa(der::sequence({der::raw_integer(modulus)})), false, "no exponent");
  expect_known(rsa(der::sequence({})), false, "no number");
  expect_known(
      rsa(der::sequence({der::raw_integer(modulus), der::raw_integer(exponent), der::raw_integer(exponent)})),
      false, "three numbers");
  Blob trailing = rsa_numbers(modulus, exponent);
  trailing.push_back(0);
  expect_known(rsa(trailing), false, "trailing octet");
}
END_TEST

START_TEST(curves_have_a_name_and_an_uncompressed_point) {
  expect_known(info(kCurveKey, der::oid(kP256), point(4)), true, "P-256");
  for (const std::uint8_t form : {std::uint8_t{0}, std::uint8_t{2}, std::uint8_t{3}, std::uint8_t{5}})
    expect_known(info(kCurveKey, der::oid(kP256), point(form)), false, "another form of point");
  expect_known(info(kCurveKey, der::oid(kP256), {}), false, "no point");
  expect_known(info(kCurveKey, der::null(), point(4)), false, "no name");
  expect_known(info(kCurveKey, {}, point(4)), false, "no parameters");
  expect_known(info(kCurveKey, der::sequence({der::integer(1)}), point(4)), false, "parameters of its own");
}
END_TEST

START_TEST(edwards_keys_have_no_parameters) {
  for (const char* const oid : {kEd25519, kEd448}) {
    expect_known(info(oid, {}, Blob(32, 9)), true, oid);
    expect_known(info(oid, der::null(), Blob(32, 9)), false, oid);
  }
  expect_known(info(kX25519, {}, Blob(32, 9)), false, "a key that signs nothing");
}
END_TEST

START_TEST(a_key_is_an_algorithm_and_whole_octets) {
  const Blob algorithm = der::sequence({der::oid(kEd25519)}), bits = der::bit_string(Blob(32, 8));
  expect_known(info(algorithm, bits), true, "Ed25519");
  expect_known(der::sequence({algorithm, bits, der::null()}), false, "a field too many");
  expect_known(der::sequence({algorithm}), false, "no key");
  expect_known(info(der::sequence({}), bits), false, "no algorithm");
  Blob contents(33, 8);
  contents.front() = 3;  // bits of the last octet that are not used
  expect_known(info(algorithm, der::tlv(asn1::kBitString, contents)), false, "unused bits");
  expect_known({}, false, "nothing");
}
END_TEST

START_TEST(the_same_octets_of_another_kind_are_another_key) {
  const Blob p256 = info(kCurveKey, der::oid(kP256), point(4));
  const Blob p384 = info(kCurveKey, der::oid(kP384), point(4));
  const Blob ed25519 = info(kEd25519, {}, point(4)), ed448 = info(kEd448, {}, point(4));
  const Blob numbers = rsa_numbers({0x00, 0x81}, {0x03});
  const Blob rsa_key = rsa(numbers), as_edwards = info(kEd25519, {}, numbers);
  const Blob all[] = {p256, p384, ed25519, ed448, rsa_key, as_edwards};
  for (const Blob& a : all) {
    ck_assert(x509::is_known_key_encoding(a));
    for (const Blob& b : all) ck_assert(x509::same_public_key(a, b) == (&a == &b));
    ck_assert(!x509::same_public_key(a, {}) && !x509::same_public_key({}, a));
  }
}
END_TEST

START_TEST(only_rsa_is_rewritten) {
  const Blob numbers = rsa_numbers({0x00, 0x81}, {0x03});
  const Blob as_pss = info("1.2.840.113549.1.1.10", {}, numbers);
  ck_assert(x509::usual_key_encoding(as_pss) == rsa(numbers));
  ck_assert(x509::same_public_key(as_pss, rsa(numbers)));
  for (const Blob& other :
       {info(kCurveKey, der::oid(kP256), point(4)), info(kEd25519, {}, Blob(32, 9)), der::null(), Blob()})
    ck_assert(x509::usual_key_encoding(other) == other);
}
END_TEST

Suite* suite() {
  Suite* s = suite_create("public_key");
  TCase* tc = tcase_create("public_key");
  for (const auto* test :
       {numbers_of_rsa_are_positive_and_of_one_form, curves_have_a_name_and_an_uncompressed_point,
        edwards_keys_have_no_parameters, a_key_is_an_algorithm_and_whole_octets,
        the_same_octets_of_another_kind_are_another_key, only_rsa_is_rewritten})
    tcase_add_test(tc, test);
  suite_add_tcase(s, tc);
  return s;
}

}  // namespace

int main() {
  return run_suite(suite());
}
