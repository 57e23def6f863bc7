// SPDX-License-Identifier: LGPL-2.1-or-later
#include "validator/ocsp/ocsp_request.h"

#include "validator/asn1/der_reader.h"

#include <array>
#include <initializer_list>

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

// A value of less than 64 KiB, which every request is.
Blob tlv(std::uint8_t tag, std::initializer_list<Bytes> parts) {
  std::size_t size = 0;
  for (const Bytes part : parts) size += part.size();
  Blob out;
  out.reserve(size + 4);
  out.push_back(tag);
  if (size >= 0x100) {
    out.push_back(0x82);
    out.push_back(static_cast<std::uint8_t>(size >> 8));
  } else if (size >= 0x80) {
    out.push_back(0x81);
  }
  out.push_back(static_cast<std::uint8_t>(size));
  for (const Bytes part : parts) append_bytes(out, part);
  return out;
}

Blob encode_cert_id(const x509::Certificate& subject, const x509::Certificate& issuer, CertIdHash hash) {
  const Bytes oid = hash == CertIdHash::kSha1 ? Bytes(kSha1Oid) : Bytes(kSha256Oid);
  const Blob name_hash = digest(hash, subject.issuer_der());
  const Blob key_hash = digest(hash, public_key_bits(issuer));
  return tlv(asn1::kSequence, {tlv(asn1::kSequence, {oid, kNull}), tlv(asn1::kOctetString, {name_hash}),
                               tlv(asn1::kOctetString, {key_hash}), tlv(asn1::kInteger, {subject.serial()})});
}

// requestExtensions with the nonce alone, RFC 9654 2.1.
Blob encode_nonce(Bytes nonce) {
  if (nonce.empty()) return {};
  const Blob value = tlv(asn1::kOctetString, {tlv(asn1::kOctetString, {nonce})});
  const Blob extension = tlv(asn1::kSequence, {kNonceOid, value});
  return tlv(asn1::context_constructed(2), {tlv(asn1::kSequence, {extension})});
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
  const Blob single = tlv(asn1::kSequence, {encode_cert_id(subject, issuer, hash)});
  const Blob list = tlv(asn1::kSequence, {single});
  const Blob tbs = tlv(asn1::kSequence, {list, encode_nonce(nonce)});
  return {tlv(asn1::kSequence, {tbs}), to_blob(nonce)};
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
