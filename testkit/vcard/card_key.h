// SPDX-License-Identifier: LGPL-2.1-or-later
//
// CardKey: a private key on the virtual card and the one operation the card offers with it.
#pragma once

#include "base/bytes.h"
#include "base/expected.h"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

struct gnutls_privkey_st;

namespace jpki::vcard {

enum class KeyType : std::uint8_t {
  kRsa2048,    // today's cards: pads a DigestInfo by PKCS #1 v1.5 (RFC 8017, 9.2, step 3 on) and signs, 256
               // bytes
  kEcdsaP384,  // next-generation cards: signs a SHA-384 digest, answers a DER Ecdsa-Sig-Value
};

class CardKey {
 public:
  // A key from PEM (PKCS #8); the error says what is wrong with it.
  static Expected<CardKey, std::string> import_pem(Bytes pem, KeyType type);

  // A fresh key, or nothing when GnuTLS cannot make one.
  static std::optional<CardKey> generate(KeyType type);

  KeyType type() const noexcept { return type_; }

  // Whether the card takes an input of this size: RSA at most 245 bytes, ECDSA exactly 48.
  bool accepts(std::size_t input_size) const noexcept;

  // The most bytes sign() answers.
  std::size_t max_signature_size() const noexcept;

  // The signature over an accepted input; nothing when GnuTLS fails.
  std::optional<Blob> sign(Bytes input) const;

  // SubjectPublicKeyInfo in DER, for checking signatures; empty when GnuTLS fails.
  Blob public_key() const;

 private:
  struct Deleter {
    void operator()(gnutls_privkey_st* key) const noexcept;
  };
  using Handle = std::unique_ptr<gnutls_privkey_st, Deleter>;

  CardKey(Handle handle, KeyType type) noexcept : handle_(std::move(handle)), type_(type) {}

  Handle handle_;
  KeyType type_;
};

}  // namespace jpki::vcard
