// SPDX-License-Identifier: LGPL-2.1-or-later
#include "validator/x509/signed_object.h"

#include "validator/asn1/der_reader.h"
#include "validator/asn1/der_values.h"

namespace jpki::x509 {
namespace {

Unexpected<std::string> refuse(const char* what) {
  return Unexpected{std::string(what)};
}

}  // namespace

std::optional<AlgorithmIdentifier> decode_algorithm(Bytes der) {
  const auto contents = asn1::read_only(der, asn1::kSequence);
  if (!contents) return std::nullopt;
  asn1::DerReader reader(*contents);
  const auto type = reader.read(asn1::kOid);
  auto oid = type ? asn1::decode_oid(type->contents) : std::nullopt;
  if (!oid) return std::nullopt;
  AlgorithmIdentifier algorithm{std::move(*oid), reader.rest()};
  if (!reader.at_end() && (!reader.read() || !reader.at_end())) return std::nullopt;
  return algorithm;
}

Expected<SignedObject, std::string> decode_signed_object(Bytes der) {
  const auto contents = asn1::read_only(der, asn1::kSequence);
  if (!contents) return refuse("not a DER SEQUENCE, or followed by other bytes");
  asn1::DerReader reader(*contents);
  const auto tbs = reader.read(asn1::kSequence);
  const auto algorithm_element = tbs ? reader.read(asn1::kSequence) : std::nullopt;
  const auto signature = algorithm_element ? reader.read(asn1::kBitString) : std::nullopt;
  if (!signature || !reader.at_end()) return refuse("malformed");
  auto algorithm = decode_algorithm(algorithm_element->encoded);
  if (!algorithm) return refuse("signatureAlgorithm: malformed");
  const auto bits = asn1::decode_bit_string(signature->contents);
  if (!bits) return refuse("signatureValue: malformed");
  const Bytes value = bits->unused_bits == 0 ? bits->bytes : Bytes();
  return SignedObject{tbs->encoded, tbs->contents, algorithm_element->encoded, std::move(*algorithm), value};
}

}  // namespace jpki::x509
