// SPDX-License-Identifier: LGPL-2.1-or-later
#include "pkcs11/certificate_fields.h"

#include "validator/asn1/der_reader.h"

#include <algorithm>
#include <array>

namespace jpki::pkcs11 {
namespace {

using asn1::DerReader;

constexpr std::array<std::uint8_t, 9> kRsaEncryption = {0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x01, 0x01};
constexpr std::array<std::uint8_t, 7> kEcPublicKey = {0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x02, 0x01};
constexpr std::array<std::uint8_t, 5> kSecp384r1 = {0x2B, 0x81, 0x04, 0x00, 0x22};

constexpr std::size_t kMinModulus = 128;  // bytes
constexpr std::size_t kMaxModulus = 256;  // a card's answer has a short Le
constexpr std::size_t kCoordinate = 48;   // of P-384
constexpr std::uint8_t kUncompressed = 0x04;

// A positive INTEGER without its leading zero; empty when it is none.
Bytes unsigned_integer(DerReader& reader) {
  const auto element = reader.read(asn1::kInteger);
  if (!element || element->contents.empty() || (element->contents.front() & 0x80) != 0) return {};
  Bytes value = element->contents;
  if (value.front() == 0) value = value.subspan(1);
  return value;
}

bool take_rsa(CertificateFields& fields, Bytes key) {
  const auto sequence = asn1::read_only(key, asn1::kSequence);
  if (!sequence) return false;
  DerReader numbers(*sequence);
  fields.modulus = unsigned_integer(numbers);
  fields.exponent = unsigned_integer(numbers);
  fields.key = KeyKind::kRsa;
  return numbers.at_end() && fields.modulus.size() >= kMinModulus && fields.modulus.size() <= kMaxModulus &&
         !fields.exponent.empty();
}

bool take_p384(CertificateFields& fields, const asn1::Element& curve, Bytes key) {
  fields.curve = curve.encoded;
  fields.point = key;
  fields.key = KeyKind::kP384;
  return key.size() == 1 + 2 * kCoordinate && key.front() == kUncompressed;
}

// SubjectPublicKeyInfo, RFC 5280, 4.1.2.7. A key of another kind is no error: nothing is signed with it.
bool take_key(CertificateFields& fields, const asn1::Element& info) {
  fields.public_key_info = info.encoded;
  DerReader reader(info.contents);
  const auto algorithm = reader.read(asn1::kSequence);
  const auto bits = reader.read(asn1::kBitString);
  if (!algorithm || !bits || bits->contents.empty() || bits->contents.front() != 0) return false;
  const Bytes key = bits->contents.subspan(1);
  DerReader parts(algorithm->contents);
  const auto oid = parts.read(asn1::kOid);
  if (!oid) return false;
  if (std::ranges::equal(oid->contents, kRsaEncryption)) return take_rsa(fields, key);
  if (!std::ranges::equal(oid->contents, kEcPublicKey)) return true;
  const auto curve = parts.read(asn1::kOid);
  if (!curve || !std::ranges::equal(curve->contents, kSecp384r1)) return true;
  return take_p384(fields, *curve, key);
}

// Right-aligned in kCoordinate bytes.
bool append_coordinate(Blob& out, Bytes value) {
  if (value.empty() || value.size() > kCoordinate) return false;
  out.resize(out.size() + kCoordinate - value.size());
  append_bytes(out, value);
  return true;
}

}  // namespace

std::optional<CertificateFields> CertificateFields::of(Bytes der) {
  const auto certificate = asn1::read_only(der, asn1::kSequence);
  if (!certificate) return std::nullopt;
  const auto tbs = DerReader(*certificate).read(asn1::kSequence);
  if (!tbs) return std::nullopt;
  DerReader reader(tbs->contents);
  if (reader.next_is(asn1::context_constructed(0))) (void)reader.read();  // version
  const auto serial = reader.read(asn1::kInteger);
  const auto algorithm = reader.read(asn1::kSequence);
  const auto issuer = reader.read(asn1::kSequence);
  const auto validity = reader.read(asn1::kSequence);
  const auto subject = reader.read(asn1::kSequence);
  const auto key = reader.read(asn1::kSequence);
  if (!serial || !algorithm || !issuer || !validity || !subject || !key) return std::nullopt;
  CertificateFields fields{.serial = serial->encoded,
                           .issuer = issuer->encoded,
                           .subject = subject->encoded,
                           .public_key_info = {},
                           .modulus = {},
                           .exponent = {},
                           .curve = {},
                           .point = {}};
  if (!take_key(fields, *key)) return std::nullopt;
  return fields;
}

std::size_t signature_size(const CertificateFields& fields) {
  switch (fields.key) {
    case KeyKind::kRsa:
      return fields.modulus.size();
    case KeyKind::kP384:
      return 2 * kCoordinate;
    case KeyKind::kOther:
      return 0;
  }
  return 0;
}

std::optional<Blob> plain_ecdsa_signature(Bytes answer) {
  if (const auto sequence = asn1::read_only(answer, asn1::kSequence)) {
    DerReader numbers(*sequence);
    const Bytes r = unsigned_integer(numbers);
    const Bytes s = unsigned_integer(numbers);
    Blob plain;
    if (numbers.at_end() && append_coordinate(plain, r) && append_coordinate(plain, s)) return plain;
  }
  if (answer.size() == 2 * kCoordinate) return to_blob(answer);
  return std::nullopt;
}

}  // namespace jpki::pkcs11
