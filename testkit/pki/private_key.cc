// SPDX-License-Identifier: LGPL-2.1-or-later
#include "testkit/pki/private_key.h"

#include "testkit/pki/der_writer.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <utility>

#include <gnutls/abstract.h>
#include <gnutls/crypto.h>
#include <gnutls/x509.h>
#include <nettle/bignum.h>
#include <nettle/chacha.h>
#include <nettle/ecc-curve.h>
#include <nettle/ecc.h>
#include <nettle/rsa.h>
#include <nettle/sha2.h>

namespace jpki::testpki {

namespace {

void require(int code, const char* what) {
  if (code >= 0) return;
  static_cast<void>(std::fprintf(stderr, "jpki-testpki: %s: %s\n", what, gnutls_strerror(code)));
  std::abort();
}

// The bytes that key generation draws from: a ChaCha20 stream keyed with the seed's SHA-256.
class SeededStream {
 public:
  SeededStream(std::string_view purpose, std::string_view seed) {
    sha256_ctx hash;
    sha256_init(&hash);
    sha256_update(&hash, purpose.size(), as_bytes(purpose).data());
    sha256_update(&hash, seed.size(), as_bytes(seed).data());
    std::uint8_t key[CHACHA_KEY_SIZE];
    sha256_digest(&hash, sizeof key, key);
    chacha_set_key(&cipher_, key);
    constexpr std::uint8_t kNonce[CHACHA_NONCE_SIZE] = {};
    chacha_set_nonce(&cipher_, kNonce);
  }

  // nettle_random_func
  static void draw(void* self, std::size_t size, std::uint8_t* out) {
    std::fill_n(out, size, std::uint8_t{0});
    chacha_crypt(&static_cast<SeededStream*>(self)->cipher_, size, out, out);
  }

 private:
  chacha_ctx cipher_;
};

struct Number {
  Number() { mpz_init(value); }
  ~Number() { mpz_clear(value); }
  Number(const Number&) = delete;
  Number& operator=(const Number&) = delete;
  mpz_t value;
};

Blob big_endian(const mpz_t number, std::size_t size) {
  Blob out(size);
  nettle_mpz_get_str_256(out.size(), out.data(), number);
  return out;
}

Blob big_endian(const mpz_t number) {
  return big_endian(number, nettle_mpz_sizeinbase_256_u(number));
}

gnutls_datum_t datum(Bytes bytes) {
  return {const_cast<unsigned char*>(bytes.data()), static_cast<unsigned>(bytes.size())};
}

Blob take(gnutls_datum_t from) {
  Blob out(from.data, from.data + from.size);
  gnutls_free(from.data);
  return out;
}

gnutls_digest_algorithm_t gnutls_digest(Digest digest) {
  switch (digest) {
    case Digest::kMd5:
      return GNUTLS_DIG_MD5;
    case Digest::kSha1:
      return GNUTLS_DIG_SHA1;
    case Digest::kSha256:
      return GNUTLS_DIG_SHA256;
    case Digest::kSha384:
      return GNUTLS_DIG_SHA384;
    case Digest::kSha512:
      return GNUTLS_DIG_SHA512;
  }
  std::abort();
}

constexpr std::size_t kP384Size = 48;

Blob rsa_algorithm() {
  return der::sequence({der::oid("1.2.840.113549.1.1.1"), der::null()});
}
Blob p384_algorithm() {
  return der::sequence({der::oid("1.2.840.10045.2.1"), der::oid("1.3.132.0.34")});
}

// A coordinate of P-384 in its full length; GnuTLS adds and drops leading zeros.
Blob padded(Bytes coordinate) {
  while (coordinate.size() > kP384Size) coordinate = coordinate.subspan(1);
  Blob out(kP384Size - coordinate.size());
  der::append(out, coordinate);
  return out;
}

}  // namespace

struct PrivateKey::Handle {
  Handle() {
    require(gnutls_x509_privkey_init(&x509), "gnutls_x509_privkey_init");
    require(gnutls_privkey_init(&key), "gnutls_privkey_init");
  }
  ~Handle() {
    gnutls_privkey_deinit(key);
    gnutls_x509_privkey_deinit(x509);
  }
  Handle(const Handle&) = delete;
  Handle& operator=(const Handle&) = delete;

  gnutls_x509_privkey_t x509 = nullptr;
  gnutls_privkey_t key = nullptr;  // refers to x509
  bool is_rsa = false;
  Blob algorithm;   // AlgorithmIdentifier of the public key
  Blob public_key;  // the subjectPublicKey bits
};

PrivateKey::PrivateKey(std::unique_ptr<Handle> handle) : handle_(std::move(handle)) {
  require(gnutls_privkey_import_x509(handle_->key, handle_->x509, 0), "gnutls_privkey_import_x509");
}
PrivateKey::PrivateKey(PrivateKey&&) noexcept = default;
PrivateKey& PrivateKey::operator=(PrivateKey&&) noexcept = default;
PrivateKey::~PrivateKey() = default;

PrivateKey PrivateKey::rsa(std::string_view seed, unsigned bits) {
  SeededStream stream("rsa:", seed);
  rsa_public_key pub;
  rsa_private_key key;
  rsa_public_key_init(&pub);
  rsa_private_key_init(&key);
  mpz_set_ui(pub.e, 65537);
  if (rsa_generate_keypair(&pub, &key, &stream, SeededStream::draw, nullptr, nullptr, bits, 0) == 0) {
    require(GNUTLS_E_PK_GENERATION_ERROR, "rsa_generate_keypair");
  }
  const Blob modulus = big_endian(pub.n), exponent = big_endian(pub.e);
  const Blob private_exponent = big_endian(key.d), p = big_endian(key.p), q = big_endian(key.q),
             u = big_endian(key.c);
  rsa_private_key_clear(&key);
  rsa_public_key_clear(&pub);

  auto handle = std::make_unique<Handle>();
  const gnutls_datum_t n = datum(modulus), e = datum(exponent), d = datum(private_exponent);
  const gnutls_datum_t prime1 = datum(p), prime2 = datum(q), coefficient = datum(u);
  require(gnutls_x509_privkey_import_rsa_raw(handle->x509, &n, &e, &d, &prime1, &prime2, &coefficient),
          "gnutls_x509_privkey_import_rsa_raw");
  handle->is_rsa = true;
  handle->algorithm = rsa_algorithm();
  handle->public_key = der::sequence({der::unsigned_integer(modulus), der::unsigned_integer(exponent)});
  return PrivateKey(std::move(handle));
}

PrivateKey PrivateKey::p384(std::string_view seed) {
  SeededStream stream("p384:", seed);
  ecc_scalar scalar;
  ecc_point point;
  ecc_scalar_init(&scalar, nettle_get_secp_384r1());
  ecc_point_init(&point, nettle_get_secp_384r1());
  ecc_scalar_random(&scalar, &stream, SeededStream::draw);
  ecc_point_mul_g(&point, &scalar);
  Number x_number, y_number, k_number;
  ecc_point_get(&point, x_number.value, y_number.value);
  ecc_scalar_get(&scalar, k_number.value);
  ecc_point_clear(&point);
  ecc_scalar_clear(&scalar);

  const Blob x = big_endian(x_number.value, kP384Size), y = big_endian(y_number.value, kP384Size);
  const Blob k = big_endian(k_number.value, kP384Size);
  auto handle = std::make_unique<Handle>();
  const gnutls_datum_t x_datum = datum(x), y_datum = datum(y), k_datum = datum(k);
  require(gnutls_x509_privkey_import_ecc_raw(handle->x509, GNUTLS_ECC_CURVE_SECP384R1, &x_datum, &y_datum,
                                             &k_datum),
          "gnutls_x509_privkey_import_ecc_raw");
  handle->algorithm = p384_algorithm();
  handle->public_key = {0x04};  // uncompressed point
  der::append(handle->public_key, x);
  der::append(handle->public_key, y);
  return PrivateKey(std::move(handle));
}

std::optional<PrivateKey> PrivateKey::from_pem(std::string_view pem) {
  auto handle = std::make_unique<Handle>();
  const gnutls_datum_t input = datum(as_bytes(pem));
  if (gnutls_x509_privkey_import2(handle->x509, &input, GNUTLS_X509_FMT_PEM, nullptr, GNUTLS_PKCS_PLAIN) < 0)
    return std::nullopt;
  const int algorithm = gnutls_x509_privkey_get_pk_algorithm(handle->x509);
  handle->is_rsa = algorithm == GNUTLS_PK_RSA;
  if (handle->is_rsa) {
    gnutls_datum_t n{}, e{};
    require(gnutls_x509_privkey_export_rsa_raw(handle->x509, &n, &e, nullptr, nullptr, nullptr, nullptr),
            "gnutls_x509_privkey_export_rsa_raw");
    handle->algorithm = rsa_algorithm();
    const Blob modulus = take(n), exponent = take(e);
    handle->public_key = der::sequence({der::unsigned_integer(modulus), der::unsigned_integer(exponent)});
    return PrivateKey(std::move(handle));
  }
  gnutls_ecc_curve_t curve{};
  gnutls_datum_t x{}, y{};
  if (algorithm != GNUTLS_PK_ECDSA ||
      gnutls_x509_privkey_export_ecc_raw(handle->x509, &curve, &x, &y, nullptr) < 0)
    return std::nullopt;
  handle->public_key = {0x04};  // uncompressed point
  for (const gnutls_datum_t coordinate : {x, y}) der::append(handle->public_key, padded(take(coordinate)));
  if (curve != GNUTLS_ECC_CURVE_SECP384R1) return std::nullopt;
  handle->algorithm = p384_algorithm();
  return PrivateKey(std::move(handle));
}

bool PrivateKey::is_rsa() const {
  return handle_->is_rsa;
}

Blob PrivateKey::subject_public_key_info() const {
  return der::sequence({handle_->algorithm, der::bit_string(handle_->public_key)});
}

Blob PrivateKey::key_identifier() const {
  Blob out(20);
  require(
      gnutls_hash_fast(GNUTLS_DIG_SHA1, handle_->public_key.data(), handle_->public_key.size(), out.data()),
      "gnutls_hash_fast");
  return out;
}

std::string PrivateKey::pkcs8_pem() const {
  gnutls_datum_t pem{};
  require(
      gnutls_x509_privkey_export2_pkcs8(handle_->x509, GNUTLS_X509_FMT_PEM, nullptr, GNUTLS_PKCS_PLAIN, &pem),
      "gnutls_x509_privkey_export2_pkcs8");
  return std::string(as_text(take(pem)));
}

Blob PrivateKey::sign(Bytes data, Digest digest) const {
  const auto algorithm =
      gnutls_pk_to_sign(handle_->is_rsa ? GNUTLS_PK_RSA : GNUTLS_PK_ECDSA, gnutls_digest(digest));
  const gnutls_datum_t input = datum(data);
  gnutls_datum_t signature{};
  require(
      gnutls_privkey_sign_data2(handle_->key, algorithm,
                                handle_->is_rsa ? 0 : GNUTLS_PRIVKEY_FLAG_REPRODUCIBLE, &input, &signature),
      "gnutls_privkey_sign_data2");
  return take(signature);
}

Blob PrivateKey::signature_algorithm(Digest digest) const {
  const auto algorithm =
      gnutls_pk_to_sign(handle_->is_rsa ? GNUTLS_PK_RSA : GNUTLS_PK_ECDSA, gnutls_digest(digest));
  const Blob oid = der::oid(gnutls_sign_get_oid(algorithm));
  return handle_->is_rsa ? der::sequence({oid, der::null()}) : der::sequence({oid});
}

}  // namespace jpki::testpki
