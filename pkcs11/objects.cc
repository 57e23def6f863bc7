// SPDX-License-Identifier: LGPL-2.1-or-later
#include "pkcs11/objects.h"

#include <algorithm>
#include <bit>
#include <string_view>

namespace jpki::pkcs11 {
namespace {

using Kind = Attribute::Kind;

// Names and identifiers are those that OpenSC gives the same objects, so that what a site has written down
// goes on to name them.
constexpr std::string_view kCertificateLabel = "User Authentication Certificate";
constexpr std::string_view kPublicKeyLabel = "User Authentication Public Key";
constexpr std::string_view kPrivateKeyLabel = "User Authentication Key";
constexpr std::string_view kAuthorityLabel = "User Authentication Certificate CA";
constexpr std::uint8_t kPersonsId = 1;
constexpr std::uint8_t kAuthorityId = 3;

constexpr CK_ULONG kTokenUser = 1;  // CKA_CERTIFICATE_CATEGORY
constexpr CK_ULONG kAuthorityCategory = 2;

Attribute bytes(Bytes value) {
  return {Kind::kValue, to_blob(value)};
}

Attribute text(std::string_view value) {
  return bytes(as_bytes(value));
}

Attribute flag(bool value) {
  return {Kind::kValue, {value ? static_cast<std::uint8_t>(CK_TRUE) : static_cast<std::uint8_t>(CK_FALSE)}};
}

Attribute number(CK_ULONG value) {
  const auto* first = reinterpret_cast<const std::uint8_t*>(&value);
  return {Kind::kValue, Blob(first, first + sizeof value)};
}

Attribute from_certificate() {
  return {Kind::kFromCertificate};
}

bool is_certificate(ObjectKind object) {
  return object == ObjectKind::kCertificate || object == ObjectKind::kAuthority;
}

CK_OBJECT_CLASS class_of(ObjectKind object) {
  switch (object) {
    case ObjectKind::kCertificate:
    case ObjectKind::kAuthority:
      return CKO_CERTIFICATE;
    case ObjectKind::kPublicKey:
      return CKO_PUBLIC_KEY;
    case ObjectKind::kPrivateKey:
      return CKO_PRIVATE_KEY;
  }
  return CKO_DATA;
}

std::string_view label_of(ObjectKind object) {
  switch (object) {
    case ObjectKind::kCertificate:
      return kCertificateLabel;
    case ObjectKind::kAuthority:
      return kAuthorityLabel;
    case ObjectKind::kPublicKey:
      return kPublicKeyLabel;
    case ObjectKind::kPrivateKey:
      return kPrivateKeyLabel;
  }
  return {};
}

Attribute of_any_object(ObjectKind object, CK_ATTRIBUTE_TYPE type) {
  switch (type) {
    case CKA_CLASS:
      return number(class_of(object));
    case CKA_TOKEN:
      return flag(true);
    case CKA_PRIVATE:
      return flag(object == ObjectKind::kPrivateKey);
    case CKA_MODIFIABLE:
    case CKA_COPYABLE:
    case CKA_DESTROYABLE:
      return flag(false);
    case CKA_LABEL:
      return text(label_of(object));
    case CKA_ID: {
      const std::uint8_t id = object == ObjectKind::kAuthority ? kAuthorityId : kPersonsId;
      return bytes({&id, 1});
    }
    case CKA_SUBJECT:
      return from_certificate();
    default:
      return {};
  }
}

// CKA_TRUSTED stays false, also for the CA: what is on a card is no reason to trust it.
Attribute of_certificate(ObjectKind object, CK_ATTRIBUTE_TYPE type) {
  switch (type) {
    case CKA_CERTIFICATE_TYPE:
      return number(CKC_X_509);
    case CKA_CERTIFICATE_CATEGORY:
      return number(object == ObjectKind::kAuthority ? kAuthorityCategory : kTokenUser);
    case CKA_TRUSTED:
      return flag(false);
    case CKA_START_DATE:
    case CKA_END_DATE:
    case CKA_URL:
    case CKA_HASH_OF_SUBJECT_PUBLIC_KEY:
    case CKA_HASH_OF_ISSUER_PUBLIC_KEY:
      return bytes({});
    case CKA_VALUE:
    case CKA_ISSUER:
    case CKA_SERIAL_NUMBER:
      return from_certificate();
    default:
      return {};
  }
}

Attribute of_any_key(CK_ATTRIBUTE_TYPE type) {
  switch (type) {
    case CKA_KEY_TYPE:
    case CKA_MODULUS:
    case CKA_PUBLIC_EXPONENT:
    case CKA_EC_PARAMS:
    case CKA_PUBLIC_KEY_INFO:
      return from_certificate();
    case CKA_DERIVE:
    case CKA_LOCAL:
      return flag(false);
    case CKA_KEY_GEN_MECHANISM:
      return number(CK_UNAVAILABLE_INFORMATION);
    case CKA_START_DATE:
    case CKA_END_DATE:
      return bytes({});
    default:
      return {};
  }
}

Attribute of_public_key(CK_ATTRIBUTE_TYPE type) {
  switch (type) {
    case CKA_VERIFY:
      return flag(true);
    case CKA_ENCRYPT:
    case CKA_VERIFY_RECOVER:
    case CKA_WRAP:
    case CKA_TRUSTED:
      return flag(false);
    case CKA_MODULUS_BITS:
    case CKA_EC_POINT:
      return from_certificate();
    default:
      return of_any_key(type);
  }
}

Attribute of_private_key(CK_ATTRIBUTE_TYPE type) {
  switch (type) {
    case CKA_SIGN:
    case CKA_SENSITIVE:
    case CKA_ALWAYS_SENSITIVE:
    case CKA_NEVER_EXTRACTABLE:
      return flag(true);
    case CKA_DECRYPT:
    case CKA_SIGN_RECOVER:
    case CKA_UNWRAP:
    case CKA_EXTRACTABLE:
    case CKA_WRAP_WITH_TRUSTED:
    case CKA_ALWAYS_AUTHENTICATE:
      return flag(false);
    case CKA_VALUE:
    case CKA_PRIVATE_EXPONENT:
    case CKA_PRIME_1:
    case CKA_PRIME_2:
    case CKA_EXPONENT_1:
    case CKA_EXPONENT_2:
    case CKA_COEFFICIENT:
      return {Kind::kSensitive};
    default:
      return of_any_key(type);
  }
}

CK_ULONG bits_of(Bytes modulus) {
  if (modulus.empty()) return 0;
  return (modulus.size() - 1) * 8 + static_cast<CK_ULONG>(std::bit_width(modulus.front()));
}

// CKA_EC_POINT is the point in a DER OCTET STRING (PKCS#11 v2.40, 2.3.3).
Attribute wrapped_point(Bytes point) {
  Blob der = {0x04, static_cast<std::uint8_t>(point.size())};
  append_bytes(der, point);
  return {Kind::kValue, std::move(der)};
}

Attribute of_key_material(CK_ATTRIBUTE_TYPE type, const CertificateFields& fields) {
  const bool rsa = fields.key == KeyKind::kRsa;
  switch (type) {
    case CKA_KEY_TYPE:
      return number(rsa ? CKK_RSA : CKK_EC);
    case CKA_PUBLIC_KEY_INFO:
      return bytes(fields.public_key_info);
    case CKA_MODULUS:
      return rsa ? bytes(fields.modulus) : Attribute{};
    case CKA_PUBLIC_EXPONENT:
      return rsa ? bytes(fields.exponent) : Attribute{};
    case CKA_MODULUS_BITS:
      return rsa ? number(bits_of(fields.modulus)) : Attribute{};
    case CKA_EC_PARAMS:
      return rsa ? Attribute{} : bytes(fields.curve);
    case CKA_EC_POINT:
      return rsa ? Attribute{} : wrapped_point(fields.point);
    default:
      return {};
  }
}

}  // namespace

std::optional<ObjectKind> object_of(CK_OBJECT_HANDLE handle) {
  const auto* found = std::ranges::find(kAllObjects, static_cast<ObjectKind>(handle));
  if (found == std::end(kAllObjects)) return std::nullopt;
  return *found;
}

bool is_from_persons_certificate(ObjectKind object) {
  return object != ObjectKind::kAuthority;
}

Attribute fixed_attribute(ObjectKind object, CK_ATTRIBUTE_TYPE type, bool after_pin) {
  if (type == CKA_PRIVATE && after_pin) return flag(is_from_persons_certificate(object));
  Attribute found = of_any_object(object, type);
  if (found.kind != Kind::kUnknown) return found;
  if (is_certificate(object)) return of_certificate(object, type);
  return object == ObjectKind::kPublicKey ? of_public_key(type) : of_private_key(type);
}

Attribute attribute_from(ObjectKind object, CK_ATTRIBUTE_TYPE type, Bytes der,
                         const CertificateFields& fields) {
  Attribute fixed = fixed_attribute(object, type);
  if (fixed.kind != Kind::kFromCertificate) return fixed;
  switch (type) {
    case CKA_SUBJECT:
      return bytes(fields.subject);
    case CKA_ISSUER:
      return bytes(fields.issuer);
    case CKA_SERIAL_NUMBER:
      return bytes(fields.serial);
    case CKA_VALUE:
      return bytes(der);
    default:
      return of_key_material(type, fields);
  }
}

}  // namespace jpki::pkcs11
