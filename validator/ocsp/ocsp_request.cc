// SPDX-License-Identifier: LGPL-2.1-or-later
#include "validator/ocsp/ocsp_request.h"

#include "validator/asn1/der_reader.h"
#include "validator/asn1/der_writer.h"

#include <array>

#include <gnutls/gnutls.h>

namespace jpki::ocsp {
namespace {

constexpr std::size_t kMaxGetUrlSize = 255;

constexpr std::array<std::uint8_t, 7> kSha1Oid = {0x06, 0x05, 0x2b, 0x0e, 0x03, 0x02, 0x1a};
constexpr std::array<std::uint8_t, 11> kSha256Oid = {0x06, 0x09, 0x60, 0x86, 0x48, 0x01,
                                                     0x65, 0x03, 0x04, 0x02, 0x01};
constexpr std::array<std::uint8_t, 11> kNonceOid = {0x06, 0x09, 0x2b, 0x06, 0x01, 0x05,
                                                    0x05, 0x07, 0x30, 0x01, 0x02};
constexpr std::array<std::uint8_t, 2> kNull = {asn1::kNull, 0x00};

Blob encode_cert_id(const x509::Certificate& subject, const x509::Certificate& issuer, CertIdHash hash) {
  const Bytes oid = hash == CertIdHash::kSha1 ? Bytes(kSha1Oid) : Bytes(kSha256Oid);
  const Blob name_hash = digest(hash, subject.issuer_der());
  const Blob key_hash = digest(hash, public_key_bits(issuer));
  return asn1::encode(
      asn1::kSequence,
      {asn1::encode(asn1::kSequence, {oid, kNull}), asn1::encode(asn1::kOctetString, {name_hash}),
       asn1::encode(asn1::kOctetString, {key_hash}), asn1::encode(asn1::kInteger, {subject.serial()})});
}

// requestExtensions with the nonce alone, RFC 9654 2.1.
Blob encode_nonce(Bytes nonce) {
  if (nonce.empty()) return {};
  const Blob value = asn1::encode(asn1::kOctetString, {asn1::encode(asn1::kOctetString, {nonce})});
  const Blob extension = asn1::encode(asn1::kSequence, {kNonceOid, value});
  return asn1::encode(asn1::context_constructed(2), {asn1::encode(asn1::kSequence, {extension})});
}

std::optional<std::string> base64(Bytes der) {
  const gnutls_datum_t input = {const_cast<unsigned char*>(der.data()), static_cast<unsigned>(der.size())};
  gnutls_datum_t output{};
  if (gnutls_base64_encode2(&input, &output) < 0) return std::nullopt;
  std::string text(reinterpret_cast<const char*>(output.data), output.size);
  gnutls_free(output.data);
  return text;
}

}  // namespace

Request make_request(const x509::Certificate& subject, const x509::Certificate& issuer, CertIdHash hash,
                     Bytes nonce) {
  const Blob single = asn1::encode(asn1::kSequence, {encode_cert_id(subject, issuer, hash)});
  const Blob list = asn1::encode(asn1::kSequence, {single});
  const Blob tbs = asn1::encode(asn1::kSequence, {list, encode_nonce(nonce)});
  return {asn1::encode(asn1::kSequence, {tbs}), to_blob(nonce)};
}

std::optional<std::string> get_url(const std::string& responder, const Request& request) {
  if (responder.find_first_of("?#") != std::string::npos) return std::nullopt;
  const auto encoded = base64(request.der);
  if (!encoded) return std::nullopt;
  std::string url = responder;
  if (!url.ends_with('/')) url += '/';
  for (const char c : *encoded) {
    switch (c) {
      case '+':
        url += "%2B";
        break;
      case '/':
        url += "%2F";
        break;
      case '=':
        url += "%3D";
        break;
      default:
        url += c;
    }
  }
  if (url.size() > kMaxGetUrlSize) return std::nullopt;
  return url;
}

}  // namespace jpki::ocsp
