// SPDX-License-Identifier: LGPL-2.1-or-later
#include "testkit/vcard/card_key.h"

#include <gnutls/abstract.h>
#include <gnutls/gnutls.h>
#include <gnutls/x509.h>

namespace jpki::vcard {
namespace {

constexpr std::size_t kModulusSize = 256;   // RSA-2048
constexpr std::size_t kPaddingSize = 11;    // RFC 8017, 9.2: emLen >= tLen + 11
constexpr std::size_t kDigestSize = 48;     // SHA-384
constexpr std::size_t kMaxEcdsaSize = 104;  // SEQUENCE of two INTEGERs of at most 49 bytes

gnutls_datum_t datum(Bytes bytes) {
  return {const_cast<std::uint8_t*>(bytes.data()), static_cast<unsigned>(bytes.size())};
}

Blob take(gnutls_datum_t& owned) {
  Blob bytes(owned.data, owned.data + owned.size);
  gnutls_free(owned.data);
  owned = {};
  return bytes;
}

bool is_of_type(gnutls_privkey_t key, KeyType type) {
  unsigned bits = 0;
  const int algorithm = gnutls_privkey_get_pk_algorithm(key, &bits);
  switch (type) {
    case KeyType::kRsa2048:
      return algorithm == GNUTLS_PK_RSA && bits == kModulusSize * 8;
    case KeyType::kEcdsaP384:
      return algorithm == GNUTLS_PK_ECDSA && bits == kDigestSize * 8;
  }
  return false;
}

}  // namespace

void CardKey::Deleter::operator()(gnutls_privkey_st* key) const noexcept {
  gnutls_privkey_deinit(key);
}

Expected<CardKey, std::string> CardKey::import_pem(Bytes pem, KeyType type) {
  gnutls_privkey_t raw = nullptr;
  if (gnutls_privkey_init(&raw) != GNUTLS_E_SUCCESS) return Unexpected{std::string("out of memory")};
  Handle handle(raw);
  const gnutls_datum_t input = datum(pem);
  const int error =
      gnutls_privkey_import_x509_raw(raw, &input, GNUTLS_X509_FMT_PEM, nullptr, GNUTLS_PKCS_PLAIN);
  if (error < 0) return Unexpected{std::string("not an unencrypted PEM key: ") + gnutls_strerror(error)};
  if (!is_of_type(raw, type)) {
    return Unexpected{std::string(type == KeyType::kRsa2048
                                      ? "not an RSA-2048 key (a P-384 key needs --next-generation)"
                                      : "not an ECDSA P-384 key, which --next-generation asks for")};
  }
  return CardKey(std::move(handle), type);
}

std::optional<CardKey> CardKey::generate(KeyType type) {
  gnutls_privkey_t raw = nullptr;
  if (gnutls_privkey_init(&raw) != GNUTLS_E_SUCCESS) return std::nullopt;
  Handle handle(raw);
  const bool rsa = type == KeyType::kRsa2048;
  const unsigned size = rsa ? kModulusSize * 8 : GNUTLS_CURVE_TO_BITS(GNUTLS_ECC_CURVE_SECP384R1);
  const int error = gnutls_privkey_generate(raw, rsa ? GNUTLS_PK_RSA : GNUTLS_PK_ECDSA, size, 0);
  if (error < 0) return std::nullopt;
  return CardKey(std::move(handle), type);
}

bool CardKey::accepts(std::size_t input_size) const noexcept {
  switch (type_) {
    case KeyType::kRsa2048:
      return input_size > 0 && input_size <= kModulusSize - kPaddingSize;
    case KeyType::kEcdsaP384:
      return input_size == kDigestSize;
  }
  return false;
}

std::size_t CardKey::max_signature_size() const noexcept {
  return type_ == KeyType::kRsa2048 ? kModulusSize : kMaxEcdsaSize;
}

std::optional<Blob> CardKey::sign(Bytes input) const {
  const gnutls_datum_t digest = datum(input);
  gnutls_datum_t signature = {};
  const int error = type_ == KeyType::kRsa2048
                        ? gnutls_privkey_sign_hash(handle_.get(), GNUTLS_DIG_UNKNOWN,
                                                   GNUTLS_PRIVKEY_SIGN_FLAG_TLS1_RSA, &digest, &signature)
                        : gnutls_privkey_sign_hash(handle_.get(), GNUTLS_DIG_SHA384, 0, &digest, &signature);
  if (error < 0) return std::nullopt;
  return take(signature);
}

Blob CardKey::public_key() const {
  gnutls_pubkey_t raw = nullptr;
  if (gnutls_pubkey_init(&raw) != GNUTLS_E_SUCCESS) return {};
  const std::unique_ptr<gnutls_pubkey_st, decltype(&gnutls_pubkey_deinit)> handle(raw, &gnutls_pubkey_deinit);
  gnutls_datum_t der = {};
  if (gnutls_pubkey_import_privkey(raw, handle_.get(), 0, 0) < 0) return {};
  if (gnutls_pubkey_export2(raw, GNUTLS_X509_FMT_DER, &der) < 0) return {};
  return take(der);
}

}  // namespace jpki::vcard
