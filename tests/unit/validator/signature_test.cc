// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Which signatures count: by every algorithm with keys made here, by GnuTLS; parameters, keys and data that
// do not fit, and what is hashed in pieces.
#include "validator/x509/signature.h"

#include "testkit/pki/der_writer.h"
#include "tests/unit/support/check_main.h"
#include "validator/x509/signed_object.h"

#include <optional>
#include <vector>

#include <gnutls/abstract.h>

namespace {

using namespace jpki;
using x509::AlgorithmPolicy;
using x509::SignatureError;
namespace der = testpki::der;

constexpr char kSha256[] = "2.16.840.1.101.3.4.2.1";
constexpr char kSha384[] = "2.16.840.1.101.3.4.2.2";
constexpr char kSha512[] = "2.16.840.1.101.3.4.2.3";
constexpr char kSha1[] = "1.3.14.3.2.26";
constexpr char kMgf1[] = "1.2.840.113549.1.1.8";
constexpr char kPss[] = "1.2.840.113549.1.1.10";
constexpr char kRsaSha256[] = "1.2.840.113549.1.1.11";
constexpr std::size_t kPiece = 4 << 20;

Blob taken(gnutls_datum_t datum) {
  Blob bytes(datum.data, datum.data + datum.size);
  gnutls_free(datum.data);
  return bytes;
}

class Key {
 public:
  Key(gnutls_pk_algorithm_t algorithm, unsigned bits) {
    ck_assert_int_eq(gnutls_privkey_init(&key_), 0);
    ck_assert_int_eq(gnutls_privkey_generate(key_, algorithm, bits, 0), 0);
  }
  Key(const Key&) = delete;
  Key& operator=(const Key&) = delete;
  ~Key() { gnutls_privkey_deinit(key_); }

  Blob sign(gnutls_sign_algorithm_t algorithm, Bytes data) const {
    const gnutls_datum_t datum{const_cast<unsigned char*>(data.data()), static_cast<unsigned>(data.size())};
    gnutls_datum_t signature{};
    ck_assert_int_eq(gnutls_privkey_sign_data2(key_, algorithm, 0, &datum, &signature), 0);
    return taken(signature);
  }
  Blob spki() const {
    gnutls_pubkey_t key = nullptr;
    gnutls_datum_t encoded{};
    ck_assert_int_eq(gnutls_pubkey_init(&key), 0);
    ck_assert_int_eq(gnutls_pubkey_import_privkey(key, key_, 0, 0), 0);
    ck_assert_int_eq(gnutls_pubkey_export2(key, GNUTLS_X509_FMT_DER, &encoded), 0);
    gnutls_pubkey_deinit(key);
    return taken(encoded);
  }

 private:
  gnutls_privkey_t key_ = nullptr;
};

unsigned curve(gnutls_ecc_curve_t which) {
  return GNUTLS_CURVE_TO_BITS(which);
}

const Key& rsa() {
  static const Key key(GNUTLS_PK_RSA, 2048);
  return key;
}
const Key& p256() {
  static const Key key(GNUTLS_PK_ECDSA, curve(GNUTLS_ECC_CURVE_SECP256R1));
  return key;
}
const Key& p384() {
  static const Key key(GNUTLS_PK_ECDSA, curve(GNUTLS_ECC_CURVE_SECP384R1));
  return key;
}
const Key& p521() {
  static const Key key(GNUTLS_PK_ECDSA, curve(GNUTLS_ECC_CURVE_SECP521R1));
  return key;
}
const Key& ed25519() {
  static const Key key(GNUTLS_PK_EDDSA_ED25519, curve(GNUTLS_ECC_CURVE_ED25519));
  return key;
}
const Key& ed448() {
  static const Key key(GNUTLS_PK_EDDSA_ED448, curve(GNUTLS_ECC_CURVE_ED448));
  return key;
}

// RSASSA-PSS-params, RFC 4055 3.1.
Blob hash_field(const char* hash) {
  return der::tlv(der::context_constructed(0), der::sequence({der::oid(hash), der::null()}));
}
Blob mask_field(const char* hash, const char* mask = kMgf1) {
  return der::tlv(der::context_constructed(1),
                  der::sequence({der::oid(mask), der::sequence({der::oid(hash), der::null()})}));
}
Blob salt_field(std::uint64_t size) {
  return der::tlv(der::context_constructed(2), der::integer(size));
}
Blob pss(const char* hash, std::uint64_t salt) {
  return der::sequence({hash_field(hash), mask_field(hash), salt_field(salt)});
}

struct Algorithm {
  const char* oid;
  Blob parameters;
  const Key& (*key)();
  gnutls_sign_algorithm_t sign;
};

const std::vector<Algorithm>& algorithms() {
  static const std::vector<Algorithm> kAll = {
      {kRsaSha256, {}, rsa, GNUTLS_SIGN_RSA_SHA256},
      {kRsaSha256, der::null(), rsa, GNUTLS_SIGN_RSA_SHA256},
      {"1.2.840.113549.1.1.12", der::null(), rsa, GNUTLS_SIGN_RSA_SHA384},
      {"1.2.840.113549.1.1.13", der::null(), rsa, GNUTLS_SIGN_RSA_SHA512},
      {kPss, pss(kSha256, 32), rsa, GNUTLS_SIGN_RSA_PSS_SHA256},
      {kPss, pss(kSha384, 48), rsa, GNUTLS_SIGN_RSA_PSS_SHA384},
      {kPss, pss(kSha512, 64), rsa, GNUTLS_SIGN_RSA_PSS_SHA512},
      {"1.2.840.10045.4.3.2", {}, p256, GNUTLS_SIGN_ECDSA_SHA256},
      {"1.2.840.10045.4.3.3", {}, p384, GNUTLS_SIGN_ECDSA_SHA384},
      {"1.2.840.10045.4.3.4", {}, p521, GNUTLS_SIGN_ECDSA_SHA512},
      {"1.3.101.112", {}, ed25519, GNUTLS_SIGN_EDDSA_ED25519},
      {"1.3.101.113", {}, ed448, GNUTLS_SIGN_EDDSA_ED448},
  };
  return kAll;
}
constexpr int kAlgorithms = 12;

using Result = std::optional<SignatureError>;  // nothing: it counts

Result result_of(const Expected<Unit, SignatureError>& checked) {
  return checked ? std::nullopt : Result(checked.error());
}

// The same by both ways.
Result verified(Bytes data, Bytes signature, const std::string& oid, Bytes parameters, Bytes spki,
                const AlgorithmPolicy& policy = {}) {
  const Result at_once = result_of(x509::verify_signature(data, signature, oid, parameters, spki, policy));
  x509::SignedData signed_data(data, signature, oid, parameters, policy);
  ck_assert(result_of(signed_data.verify(spki)) == at_once);
  return at_once;
}

START_TEST(every_algorithm_counts_with_its_key_over_its_data) {
  const Algorithm& one = algorithms().at(static_cast<std::size_t>(_i));
  ck_assert_uint_eq(algorithms().size(), kAlgorithms);
  Blob data = to_blob(as_bytes("what is signed"));
  Blob signature = one.key().sign(one.sign, data);
  const Blob spki = one.key().spki();
  ck_assert(!verified(data, signature, one.oid, one.parameters, spki));
  ck_assert(!result_of(x509::check_algorithm(one.oid, one.parameters, spki, {})));
  ck_assert(!result_of(x509::check_public_key(spki, {})));
  signature.at(signature.size() / 2) ^= 1;
  ck_assert(verified(data, signature, one.oid, one.parameters, spki) == SignatureError::kInvalid);
  signature.at(signature.size() / 2) ^= 1;
  data.front() ^= 1;
  ck_assert(verified(data, signature, one.oid, one.parameters, spki) == SignatureError::kInvalid);
  ck_assert(verified(data, {}, one.oid, one.parameters, spki) == SignatureError::kInvalid);
  const Blob of_other_kind = one.key == ed25519 ? rsa().spki() : ed25519().spki();
  ck_assert(verified(data, signature, one.oid, one.parameters, of_other_kind) ==
            SignatureError::kUnsupported);
  ck_assert(result_of(x509::check_algorithm(one.oid, one.parameters, of_other_kind, {})) ==
            SignatureError::kUnsupported);
  ck_assert(verified(data, signature, one.oid, der::integer(1), spki) == SignatureError::kUnsupported);
}
END_TEST

START_TEST(parameters_of_pss_are_complete_and_of_one_hash) {
  const Blob data = to_blob(as_bytes("what is signed"));
  const Blob signature = rsa().sign(GNUTLS_SIGN_RSA_PSS_SHA256, data), spki = rsa().spki();
  const Blob refused[] = {
      {},
      der::null(),
      der::sequence({}),  // SHA-1 and 20 octets
      der::sequence({hash_field(kSha256), mask_field(kSha256)}),
      der::sequence({hash_field(kSha256), salt_field(32)}),
      der::sequence({mask_field(kSha256), salt_field(32)}),
      der::sequence({hash_field(kSha256), mask_field(kSha384), salt_field(32)}),
      der::sequence({hash_field(kSha256), mask_field(kSha256, kSha256), salt_field(32)}),
      der::sequence({hash_field(kSha256), mask_field(kSha256), salt_field(32),
                     der::tlv(der::context_constructed(3), der::integer(1))}),
      der::sequence({hash_field(kSha256), mask_field(kSha256),
                     der::tlv(der::context_constructed(2), der::octet_string(Blob{32}))}),
      der::sequence({hash_field(kSha256), mask_field(kSha256),
                     der::tlv(der::context_constructed(2), der::raw_integer(Blob{0xff}))}),
      der::sequence(
          {der::tlv(der::context_constructed(0), der::integer(1)), mask_field(kSha256), salt_field(32)}),
      der::sequence(
          {hash_field(kSha256), der::tlv(der::context_constructed(1), der::integer(1)), salt_field(32)}),
      pss(kSha256, 31),
      pss(kSha256, 33),
      pss(kSha256, 48),
      pss(kSha384, 32),
      pss(kSha1, 20),
      pss(kMgf1, 32),
  };
  for (const Blob& parameters : refused)
    ck_assert_msg(verified(data, signature, kPss, parameters, spki) == SignatureError::kUnsupported,
                  "row %td", &parameters - refused);
  for (const auto& [hash, salt] : {std::pair(kSha384, 48), {kSha512, 64}})
    ck_assert(verified(data, signature, kPss, pss(hash, static_cast<std::uint64_t>(salt)), spki) ==
              SignatureError::kInvalid);
}
END_TEST

START_TEST(sha1_counts_where_the_policy_says_so) {
  const Blob data = to_blob(as_bytes("what is signed"));
  const AlgorithmPolicy old{.allow_sha1 = true};
  const struct {
    const char* oid;
    const Key& key;
    gnutls_sign_algorithm_t sign;
  } rows[] = {{"1.2.840.113549.1.1.5", rsa(), GNUTLS_SIGN_RSA_SHA1},
              {"1.2.840.10045.4.1", p256(), GNUTLS_SIGN_ECDSA_SHA1}};
  for (const auto& row : rows) {
    const Blob signature = row.key.sign(row.sign, data), spki = row.key.spki();
    ck_assert(verified(data, signature, row.oid, {}, spki) == SignatureError::kWeak);
    ck_assert(x509::describe_weakness(row.oid, spki, {}) == "SHA-1");
    ck_assert(!verified(data, signature, row.oid, {}, spki, old));
  }
  for (const char* broken : {"1.2.840.113549.1.1.2", "1.2.840.113549.1.1.3", "1.2.840.113549.1.1.4",
                             "1.2.840.10040.4.3", "2.16.840.1.101.3.4.3.1", "2.16.840.1.101.3.4.3.2"}) {
    ck_assert(verified(data, Blob(256), broken, {}, rsa().spki(), old) == SignatureError::kWeak);
    ck_assert(!x509::describe_weakness(broken, rsa().spki(), old).empty());
  }
  ck_assert(verified(data, Blob(256), "1.2.3", {}, rsa().spki(), old) == SignatureError::kUnsupported);
}
END_TEST

// A public key that nobody has the other half of.
Blob rsa_key_of(std::size_t bits, std::uint64_t exponent = 65537) {
  const Blob modulus(bits / 8, 0xff);
  return der::sequence(
      {der::sequence({der::oid("1.2.840.113549.1.1.1"), der::null()}),
       der::bit_string(der::sequence({der::unsigned_integer(modulus), der::integer(exponent)}))});
}

START_TEST(keys_are_neither_too_weak_nor_too_large) {
  const auto checked = [](Bytes spki, unsigned least = 2048) {
    return result_of(x509::check_public_key(spki, {.min_rsa_bits = least}));
  };
  ck_assert(!checked(rsa_key_of(2048)) && checked(rsa_key_of(2040)) == SignatureError::kWeak);
  ck_assert(!checked(rsa_key_of(3072), 3072) && checked(rsa_key_of(2048), 3072) == SignatureError::kWeak);
  ck_assert(!checked(rsa_key_of(8192)) && checked(rsa_key_of(8200)) == SignatureError::kUnsupported);
  ck_assert(x509::describe_weak_key(rsa_key_of(1024)) == "RSA key of 1024 bits");
  ck_assert(x509::describe_weakness(kRsaSha256, rsa_key_of(1024), {}) == "RSA key of 1024 bits");
  ck_assert(x509::describe_weakness("1.2.840.113549.1.1.5", rsa_key_of(1024), {.allow_sha1 = true}) ==
            "RSA key of 1024 bits");

  const Key small(GNUTLS_PK_ECDSA, curve(GNUTLS_ECC_CURVE_SECP224R1));
  ck_assert(checked(small.spki()) == SignatureError::kWeak);
  ck_assert(verified(Blob{1}, small.sign(GNUTLS_SIGN_ECDSA_SHA256, Blob{1}), "1.2.840.10045.4.3.2", {},
                     small.spki()) == SignatureError::kWeak);
  const Blob x25519 = der::sequence({der::sequence({der::oid("1.3.101.110")}), der::bit_string(Blob(32, 9))});
  ck_assert(checked(x25519) == SignatureError::kUnsupported);
  ck_assert(checked({}) == SignatureError::kUnsupported);
  ck_assert(!checked(rsa_key_of(2048, 3)) && !checked(rsa_key_of(2048, 129)));  // 00 81
  ck_assert(checked(rsa_key_of(2048, 0)) == SignatureError::kUnsupported);
}
END_TEST

START_TEST(what_is_large_is_hashed_once_and_in_pieces) {
  for (const std::size_t size : {std::size_t{1}, kPiece, 2 * kPiece, 2 * kPiece + 1}) {
    const Blob data(size, 7);
    const Blob signature = rsa().sign(GNUTLS_SIGN_RSA_SHA256, data);
    std::vector<std::size_t> told;
    const std::string oid = kRsaSha256;
    x509::SignedData signed_data(data, signature, oid, {}, {},
                                 [&](std::size_t bytes) { told.push_back(bytes); });
    ck_assert(result_of(signed_data.verify(rsa_key_of(2048))) == SignatureError::kInvalid);
    ck_assert(!result_of(signed_data.verify(rsa().spki())));
    std::vector<std::size_t> expected;
    for (std::size_t at = kPiece; at < size; at += kPiece) expected.push_back(at);
    expected.push_back(size);
    ck_assert_msg(told == expected, "%zu bytes: told %zu times", size, told.size());
  }
}
END_TEST

START_TEST(a_challenge_is_signed_as_the_key_wants_it) {
  const Blob challenge(64, 3);
  const struct {
    const Key& key;
    x509::ChallengeScheme scheme;
    gnutls_sign_algorithm_t sign;
  } rows[] = {
      {rsa(), x509::ChallengeScheme::kRsaSha256, GNUTLS_SIGN_RSA_SHA256},
      {p256(), x509::ChallengeScheme::kEcdsaSha256, GNUTLS_SIGN_ECDSA_SHA256},
      {p384(), x509::ChallengeScheme::kEcdsaSha384, GNUTLS_SIGN_ECDSA_SHA384},
      {p521(), x509::ChallengeScheme::kEcdsaSha384, GNUTLS_SIGN_ECDSA_SHA384},
  };
  for (const auto& row : rows) {
    const Blob spki = row.key.spki();
    Blob signature = row.key.sign(row.sign, challenge);
    ck_assert(*x509::challenge_scheme(spki) == row.scheme);
    ck_assert(!result_of(x509::verify_challenge(challenge, signature, spki)));
    signature.back() ^= 1;
    ck_assert(result_of(x509::verify_challenge(challenge, signature, spki)) == SignatureError::kInvalid);
    ck_assert(result_of(x509::verify_challenge(Blob(64), row.key.sign(row.sign, challenge), spki)) ==
              SignatureError::kInvalid);
  }
  for (const Blob& other : {ed25519().spki(), ed448().spki(), Blob{}}) {
    ck_assert(x509::challenge_scheme(other).error() == SignatureError::kUnsupported);
    ck_assert(result_of(x509::verify_challenge(challenge, Blob(64), other)) == SignatureError::kUnsupported);
  }
  ck_assert(x509::challenge_scheme(rsa_key_of(1024)).error() == SignatureError::kWeak);
}
END_TEST

// RFC 5280 4.1.1: the envelope, and the AlgorithmIdentifier in it.
START_TEST(what_is_signed_is_three_fields) {
  const Blob oid = der::oid(kRsaSha256), tbs = der::sequence({der::integer(7)});
  const auto parameters = [&](std::initializer_list<Bytes> fields) -> std::optional<Blob> {
    const Blob encoded = der::sequence(fields);
    const auto algorithm = x509::decode_algorithm(encoded);
    ck_assert(!algorithm || algorithm->oid == kRsaSha256);
    return algorithm ? std::optional(to_blob(algorithm->parameters)) : std::nullopt;
  };
  const Blob null = der::null(), cut_short{0x04, 0x05, 0x00};
  ck_assert(parameters({oid}) == Blob{} && parameters({oid, null}) == null);
  ck_assert(!parameters({}) && !parameters({null}) && !parameters({oid, cut_short}));
  ck_assert(!parameters({oid, null, null}) && !parameters({oid, null, cut_short}));

  const Blob algorithm = der::sequence({oid, null}), bits = der::bit_string(Blob{0x5a, 0xa4});
  const Blob whole = der::sequence({tbs, algorithm, bits});
  const auto signed_object = x509::decode_signed_object(whole);
  ck_assert(signed_object && to_blob(signed_object->tbs) == tbs);
  ck_assert(to_blob(signed_object->signature) == (Blob{0x5a, 0xa4}));
  // Bits that are no whole octets are nobody's signature.
  for (const unsigned unused : {1u, 2u}) {
    const Blob loose = der::sequence({tbs, algorithm, der::bit_string(Blob{0x5a, 0xa4}, unused)});
    const auto decoded = x509::decode_signed_object(loose);
    ck_assert(decoded && decoded->signature.empty());
  }
  for (const Blob& other : {der::sequence({tbs, algorithm}), der::sequence({tbs, algorithm, bits, null}),
                            der::sequence({tbs, null, bits}), der::sequence({null, algorithm, bits}),
                            der::sequence({tbs, algorithm, null}), der::sequence({tbs, tbs, bits}), Blob{}})
    ck_assert(!x509::decode_signed_object(other));
}
END_TEST

Suite* suite() {
  Suite* suite = suite_create("signature");
  TCase* all = tcase_create("all");
  tcase_set_timeout(all, 60);
  tcase_add_loop_test(all, every_algorithm_counts_with_its_key_over_its_data, 0, kAlgorithms);
  for (const auto* test :
       {parameters_of_pss_are_complete_and_of_one_hash, sha1_counts_where_the_policy_says_so,
        keys_are_neither_too_weak_nor_too_large, what_is_large_is_hashed_once_and_in_pieces,
        a_challenge_is_signed_as_the_key_wants_it, what_is_signed_is_three_fields})
    tcase_add_test(all, test);
  suite_add_tcase(suite, all);
  return suite;
}

}  // namespace

int main() {
  return test::run_suite(suite());
}
