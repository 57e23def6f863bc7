// SPDX-License-Identifier: LGPL-2.1-or-later
//
// What a card signs, and what its answer has to be.
#include "validator/engine/proof_of_possession.h"

#include "tests/unit/support/expect.h"
#include "tests/unit/validator/raw_ecdsa.h"

#include <gnutls/abstract.h>
#include <gnutls/crypto.h>

namespace {

using namespace jpki;

// A key on P-256, which answers as PKCS#11 has it: r and s, each of 32 octets.
class SmallToken final : public card::Token {
 public:
  SmallToken() {
    gnutls_privkey_init(&key_);
    const unsigned curve = GNUTLS_CURVE_TO_BITS(GNUTLS_ECC_CURVE_SECP256R1);
    ck_assert_int_eq(gnutls_privkey_generate(key_, GNUTLS_PK_ECDSA, curve, 0), 0);
  }
  SmallToken(const SmallToken&) = delete;
  SmallToken& operator=(const SmallToken&) = delete;
  ~SmallToken() override { gnutls_privkey_deinit(key_); }

  std::ptrdiff_t longer = 0;  // the answer, by so many octets
  Blob input;                 // that was signed

  Blob subject_public_key_info() const {
    gnutls_pubkey_t key = nullptr;
    gnutls_datum_t der{};
    gnutls_pubkey_init(&key);
    ck_assert_int_eq(gnutls_pubkey_import_privkey(key, key_, 0, 0), 0);
    ck_assert_int_eq(gnutls_pubkey_export2(key, GNUTLS_X509_FMT_DER, &der), 0);
    Blob out(der.data, der.data + der.size);
    gnutls_free(der.data);
    gnutls_pubkey_deinit(key);
    return out;
  }

  Expected<Blob, card::CardError> sign(const card::ObjectId&, card::KeyAlgorithm algorithm,
                                       Bytes given) override {
    ck_assert(algorithm == card::KeyAlgorithm::kEcdsa);
    input = to_blob(given);
    const gnutls_datum_t hash{input.data(), static_cast<unsigned>(input.size())};
    gnutls_datum_t der{};
    ck_assert_int_eq(gnutls_privkey_sign_hash2(key_, GNUTLS_SIGN_ECDSA_SHA256, 0, &hash, &der), 0);
    Blob out = test::raw_ecdsa(der, 32);
    gnutls_free(der.data);
    out.resize(static_cast<std::size_t>(std::ssize(out) + longer));
    return out;
  }

  Expected<std::vector<card::CertificateObject>, card::CardError> certificates(Which) override {
    return std::vector<card::CertificateObject>{};
  }
  std::string label() const override { return {}; }
  Expected<card::PinFlags, card::CardError> pin_flags() override { return card::PinFlags{}; }
  Expected<Unit, card::CardError> login(const Secret&) override { return Unit{}; }
  const std::string& reader() const noexcept override { return reader_; }
  void logout() noexcept override {}

 private:
  std::string reader_;
  gnutls_privkey_t key_ = nullptr;
};

std::string text_of(Bytes bytes) {
  return std::string(as_text(bytes));
}

START_TEST(a_challenge_is_label_nonce_texts_and_time) {
  Start start;
  start.nonce.fill('n');
  start.service = "sudo";
  start.host = std::string(258, 'h');
  start.terminal = "";
  start.origin = "o";
  const Time now{std::chrono::seconds(0x0102'0304'0506)};
  using namespace std::string_literals;
  test::expect_text(text_of(engine::make_challenge(start, "taro", now)),
                    "jpki-login challenge 1\0"s + std::string(kNonceSize, 'n') + "\0\4sudo"s + "\0\4taro"s +
                        "\1\2"s + start.host + "\0\0"s + "\0\1o"s + "\0\0\1\2\3\4\5\6"s);
}
END_TEST

START_TEST(a_key_on_p256_signs_a_sha256) {
  SmallToken token;
  const Blob challenge(100, 7);
  ck_assert(engine::prove_possession(token, {1}, token.subject_public_key_info(), challenge).has_value());
  Blob digest(32);
  ck_assert_int_eq(gnutls_hash_fast(GNUTLS_DIG_SHA256, challenge.data(), challenge.size(), digest.data()), 0);
  ck_assert(token.input == digest);
}
END_TEST

// Both numbers are of one length: what stands behind them is not left aside.
START_TEST(an_answer_has_two_halves) {
  SmallToken token;
  const Blob challenge(100, 7);
  for (const std::ptrdiff_t longer : {-64, -1, 1, 2}) {
    token.longer = longer;
    const auto proof = engine::prove_possession(token, {1}, token.subject_public_key_info(), challenge);
    ck_assert_msg(!proof && proof.error().verdict == Verdict::kProofOfPossessionFailed, "%td", longer);
  }
}
END_TEST

START_TEST(another_key_proves_nothing) {
  SmallToken token;
  const SmallToken other;
  const Blob challenge(100, 7);
  const auto proof = engine::prove_possession(token, {1}, other.subject_public_key_info(), challenge);
  ck_assert(!proof && proof.error().verdict == Verdict::kProofOfPossessionFailed);
  const auto none = engine::prove_possession(token, {1}, Bytes(), challenge);
  ck_assert(!none && none.error().verdict == Verdict::kCertificateUnacceptable);
}
END_TEST

Suite* suite() {
  Suite* suite = suite_create("proof of possession");
  TCase* all = tcase_create("all");
  tcase_add_test(all, a_challenge_is_label_nonce_texts_and_time);
  tcase_add_test(all, a_key_on_p256_signs_a_sha256);
  tcase_add_test(all, an_answer_has_two_halves);
  tcase_add_test(all, another_key_proves_nothing);
  suite_add_tcase(suite, all);
  return suite;
}

}  // namespace

int main() {
  return jpki::test::run_suite(suite());
}
