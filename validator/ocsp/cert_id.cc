// SPDX-License-Identifier: LGPL-2.1-or-later
#include "validator/ocsp/cert_id.h"

#include "validator/asn1/der_reader.h"
#include "validator/asn1/der_values.h"
#include "validator/ocsp/oids.h"

#include <algorithm>

#include <gnutls/crypto.h>
#include <gnutls/gnutls.h>

namespace jpki::ocsp {
namespace {

using asn1::DerReader;

// The parameters of a digest are NULL or absent (RFC 5754 2).
std::optional<CertIdHash> known_hash(const x509::AlgorithmIdentifier& algorithm) {
  static constexpr std::uint8_t kNull[] = {asn1::kNull, 0};
  if (!algorithm.parameters.empty() && !std::ranges::equal(algorithm.parameters, kNull)) return std::nullopt;
  if (algorithm.oid == oid::kSha1) return CertIdHash::kSha1;
  if (algorithm.oid == oid::kSha256) return CertIdHash::kSha256;
  return std::nullopt;
}

bool is_digest_of(Bytes value, CertIdHash hash, Bytes data) {
  const Blob expected = digest(hash, data);
  return !expected.empty() && !data.empty() && std::ranges::equal(value, expected);
}

}  // namespace

std::optional<CertId> decode_cert_id(Bytes der) {
  const auto contents = asn1::read_only(der, asn1::kSequence);
  if (!contents) return std::nullopt;
  DerReader reader(*contents);
  const auto algorithm_element = reader.read(asn1::kSequence);
  auto algorithm = algorithm_element ? x509::decode_algorithm(algorithm_element->encoded) : std::nullopt;
  const auto name = algorithm ? reader.read(asn1::kOctetString) : std::nullopt;
  const auto key = name ? reader.read(asn1::kOctetString) : std::nullopt;
  const auto serial = key ? reader.read(asn1::kInteger) : std::nullopt;
  if (!serial || !reader.at_end() || !asn1::is_integer(serial->contents)) return std::nullopt;
  return CertId{std::move(*algorithm), name->contents, key->contents, serial->contents};
}

std::optional<CertIdHash> hash_of(const CertId& id) {
  return known_hash(id.hash_algorithm);
}

// RFC 6960 4.1.1: the name is the one that the certificate itself has in its issuer field.
bool identifies(const CertId& id, const x509::Certificate& subject, const x509::Certificate& issuer) {
  if (!std::ranges::equal(id.serial, subject.serial())) return false;
  const auto hash = known_hash(id.hash_algorithm);
  return hash && is_digest_of(id.issuer_name_hash, *hash, subject.issuer_der()) &&
         is_digest_of(id.issuer_key_hash, *hash, public_key_bits(issuer));
}

Blob digest(CertIdHash hash, Bytes data) {
  const auto algorithm = hash == CertIdHash::kSha1 ? GNUTLS_DIG_SHA1 : GNUTLS_DIG_SHA256;
  Blob out(gnutls_hash_get_len(algorithm));
  if (gnutls_hash_fast(algorithm, data.data(), data.size(), out.data()) < 0) out.clear();
  return out;
}

Bytes public_key_bits(const x509::Certificate& certificate) {
  const auto contents = asn1::read_only(certificate.subject_public_key_info(), asn1::kSequence);
  if (!contents) return {};
  DerReader reader(*contents);
  if (!reader.read(asn1::kSequence)) return {};
  const auto key = reader.read(asn1::kBitString);
  const auto bits = key ? asn1::decode_bit_string(key->contents) : std::nullopt;
  return bits ? bits->bytes : Bytes{};
}

}  // namespace jpki::ocsp
