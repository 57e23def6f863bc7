// SPDX-License-Identifier: LGPL-2.1-or-later
#include "testkit/pki/issuance.h"

#include "testkit/pki/mapping.h"

#include <nettle/sha2.h>

namespace jpki::testpki {

namespace {

Blob digest_of(std::string_view text) {
  Blob digest(SHA256_DIGEST_SIZE);
  sha256_ctx hash;
  sha256_init(&hash);
  sha256_update(&hash, text.size(), as_bytes(text).data());
  sha256_digest(&hash, digest.size(), digest.data());
  return digest;
}

}  // namespace

Member& Issuance::citizen(const std::string& name, const std::string& purpose, const Authority& issuer,
                          const Municipality& municipality, const Adjust& adjust) {
  const PrivateKey key = PrivateKey::rsa(key_seed(Slot::kAuthentication, name));
  CertificateBuilder builder =
      authentication_certificate(settings_, issuer, municipality, holder(Slot::kAuthentication, name, key));
  if (adjust) adjust(builder);
  return add(name, purpose, issuer, key, builder);
}

Member& Issuance::next_generation_citizen(const std::string& name, const std::string& purpose,
                                          const Authority& issuer, const Municipality& municipality) {
  const PrivateKey key = PrivateKey::p384(key_seed(Slot::kAuthentication, name));
  return add(
      name, purpose, issuer, key,
      authentication_certificate(settings_, issuer, municipality, holder(Slot::kAuthentication, name, key)));
}

Member& Issuance::staff(const std::string& name, const std::string& purpose, const Authority& issuer,
                        const StaffProfile& profile) {
  const PrivateKey key = PrivateKey::rsa(key_seed(Slot::kAuthentication, name));
  Holder owner = holder(Slot::kAuthentication, name, key);
  owner.identifier = name;
  return add(name, purpose, issuer, key, staff_certificate(settings_, issuer, profile, owner));
}

Member& Issuance::signature_in_wrong_slot(const std::string& name, const std::string& purpose) {
  const PrivateKey key = PrivateKey::rsa(key_seed(Slot::kAuthentication, name));
  const Authority& issuer = authorities_.jpki_sign;
  return add(name, purpose, issuer, key,
             signature_certificate(settings_, issuer, kKasumi, holder(Slot::kAuthentication, name, key)));
}

Member& Issuance::clone(const std::string& name, const std::string& purpose, Member original) {
  original.name = name;
  original.purpose = purpose;
  original.authentication.key_pem = PrivateKey::rsa(key_seed(Slot::kAuthentication, name)).pkcs8_pem();
  original.accounts.clear();
  return members_.emplace_back(std::move(original));
}

std::string Issuance::key_seed(Slot slot, const std::string& name) const {
  return settings_.seed_for((slot == Slot::kAuthentication ? "auth/" : "sign/") + name);
}

// The last byte of a serial counts the members, so that no two of one slot are equal.
Holder Issuance::holder(Slot slot, const std::string& name, const PrivateKey& key) const {
  constexpr std::string_view kAlphanumerics = "0123456789ABCDEFGHJKLMNPQRSTUVWX";
  const Blob digest = digest_of(key_seed(slot, name));
  std::string identifier;
  for (std::size_t i = 0; i < 14; ++i) identifier += kAlphanumerics[digest[8 + i] % kAlphanumerics.size()];
  const auto first = static_cast<std::uint8_t>((digest[0] & 0x3f) | 0x40);
  const auto last = static_cast<std::uint8_t>(members_.size() + 1);
  return {std::move(identifier),
          {first, digest[1], digest[2], last},
          key.subject_public_key_info(),
          key.key_identifier()};
}

KeyedCertificate Issuance::signature_slot(const std::string& name) const {
  const PrivateKey key = PrivateKey::rsa(key_seed(Slot::kSignature, name));
  const Authority& issuer = authorities_.jpki_sign;
  const CertificateBuilder builder =
      signature_certificate(settings_, issuer, kKasumi, holder(Slot::kSignature, name, key));
  return {builder.sign(issuer.key), key.pkcs8_pem(), issuer.certificate};
}

// Issuer and serial name one certificate where issuer names are unique: not with JPKI. There the other two
// strong forms take turns.
std::string Issuance::mapping(const Authority& issuer, const PrivateKey& key, Bytes serial,
                              Bytes certificate) const {
  if (issuer.name.starts_with("lgpki")) return issuer_serial_mapping(issuer.subject, serial);
  return members_.size() % 2 == 0 ? key_identifier_mapping(key.key_identifier())
                                  : thumbprint_mapping(certificate);
}

Member& Issuance::add(const std::string& name, const std::string& purpose, const Authority& issuer,
                      const PrivateKey& key, const CertificateBuilder& builder) {
  const Blob certificate = builder.sign(issuer.key);
  return members_.emplace_back(Member{.name = name,
                                      .purpose = purpose,
                                      .serial = builder.serial,
                                      .authentication = {certificate, key.pkcs8_pem(), issuer.certificate},
                                      .signature = signature_slot(name),
                                      .mapping = mapping(issuer, key, builder.serial, certificate),
                                      .accounts = {name}});
}

}  // namespace jpki::testpki
