// SPDX-License-Identifier: LGPL-2.1-or-later
#include "validator/x509/public_key.h"

#include "validator/asn1/der_reader.h"
#include "validator/asn1/der_values.h"
#include "validator/asn1/der_writer.h"

#include <algorithm>
#include <optional>

namespace jpki::x509 {
namespace {

using asn1::DerReader;

// Contents of the OBJECT IDENTIFIERs.
constexpr std::uint8_t kRsaEncryption[] = {0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01};
constexpr std::uint8_t kRsaPss[] = {0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x0a};
constexpr std::uint8_t kEcPublicKey[] = {0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01};
constexpr std::uint8_t kEd25519[] = {0x2b, 0x65, 0x70};
constexpr std::uint8_t kEd448[] = {0x2b, 0x65, 0x71};
constexpr std::uint8_t kNullParameters[] = {asn1::kNull, 0};
constexpr std::uint8_t kUncompressed = 0x04;

enum class Family { kRsa, kCurve, kEdwards };

struct Key {
  Family family;
  Bytes curve;  // its OID; of kCurve and kEdwards
  Bytes bits;   // contents of subjectPublicKey
};

bool is_positive(const asn1::Element& number) {
  const Bytes contents = number.contents;
  return asn1::is_integer(contents) && contents[0] < 0x80 && (contents.size() > 1 || contents[0] != 0);
}

// RSAPublicKey ::= SEQUENCE { modulus, publicExponent }, of which DER has one encoding.
bool is_rsa_key(Bytes bits) {
  const auto contents = asn1::read_only(bits, asn1::kSequence);
  if (!contents) return false;
  DerReader reader(*contents);
  const auto modulus = reader.read(asn1::kInteger);
  const auto exponent = modulus ? reader.read(asn1::kInteger) : std::nullopt;
  return exponent && reader.at_end() && is_positive(*modulus) && is_positive(*exponent);
}

std::optional<Key> decode_key(Bytes subject_public_key_info) {
  const auto contents = asn1::read_only(subject_public_key_info, asn1::kSequence);
  if (!contents) return std::nullopt;
  DerReader reader(*contents);
  const auto algorithm = reader.read(asn1::kSequence);
  const auto field = algorithm ? reader.read(asn1::kBitString) : std::nullopt;
  const auto bits = field && reader.at_end() ? asn1::decode_bit_string(field->contents) : std::nullopt;
  if (!bits || bits->unused_bits != 0) return std::nullopt;
  DerReader fields(algorithm->contents);
  const auto oid = fields.read(asn1::kOid);
  if (!oid) return std::nullopt;
  const Bytes parameters = fields.rest();
  const auto is = [&](Bytes known) { return std::ranges::equal(oid->contents, known); };
  if (is(kRsaEncryption) || is(kRsaPss)) {
    const bool usual = parameters.empty() || std::ranges::equal(parameters, kNullParameters);
    if ((!usual && is(kRsaEncryption)) || !is_rsa_key(bits->bytes)) return std::nullopt;
    return Key{Family::kRsa, {}, bits->bytes};
  }
  if (is(kEcPublicKey)) {
    const auto curve = asn1::read_only(parameters, asn1::kOid);
    if (!curve || bits->bytes.empty() || bits->bytes[0] != kUncompressed) return std::nullopt;
    return Key{Family::kCurve, *curve, bits->bytes};
  }
  if ((is(kEd25519) || is(kEd448)) && parameters.empty())
    return Key{Family::kEdwards, oid->contents, bits->bytes};
  return std::nullopt;
}

}  // namespace

bool is_known_key_encoding(Bytes subject_public_key_info) {
  return decode_key(subject_public_key_info).has_value();
}

bool same_public_key(Bytes subject_public_key_info, Bytes other) {
  if (std::ranges::equal(subject_public_key_info, other)) return true;
  const auto a = decode_key(subject_public_key_info);
  const auto b = a ? decode_key(other) : std::nullopt;
  return b && a->family == b->family && std::ranges::equal(a->curve, b->curve) &&
         std::ranges::equal(a->bits, b->bits);
}

Blob usual_key_encoding(Bytes subject_public_key_info) {
  const auto key = decode_key(subject_public_key_info);
  if (!key || key->family != Family::kRsa) return to_blob(subject_public_key_info);
  constexpr std::uint8_t kNoUnusedBits[] = {0};
  const Blob algorithm =
      asn1::encode(asn1::kSequence, {asn1::encode(asn1::kOid, {kRsaEncryption}), kNullParameters});
  return asn1::encode(asn1::kSequence,
                      {algorithm, asn1::encode(asn1::kBitString, {kNoUnusedBits, key->bits})});
}

}  // namespace jpki::x509
