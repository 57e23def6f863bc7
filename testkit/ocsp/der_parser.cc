// SPDX-License-Identifier: LGPL-2.1-or-later
#include "testkit/ocsp/der_parser.h"

#include "testkit/pki/der_writer.h"

namespace jpki::testocsp {

namespace der = testpki::der;

std::optional<Value> DerParser::read(std::uint8_t tag) {
  if (rest_.size() < 2 || rest_[0] != tag) return std::nullopt;
  std::size_t header = 2;
  std::size_t size = rest_[1];
  if (size > 0x80) {
    const std::size_t octets = size & 0x7f;
    if (octets > 3 || rest_.size() < 2 + octets) return std::nullopt;
    header += octets;
    size = 0;
    for (std::size_t i = 0; i < octets; ++i) size = size << 8 | rest_[2 + i];
  } else if (size == 0x80) {
    return std::nullopt;
  }
  if (rest_.size() - header < size) return std::nullopt;
  const Value value{tag, rest_.subspan(header, size), rest_.first(header + size)};
  rest_ = rest_.subspan(header + size);
  return value;
}

Bytes public_key_bits(Bytes subject_public_key_info) {
  const auto info = DerParser(subject_public_key_info).read(der::kSequence);
  if (!info) return {};
  DerParser fields(info->contents);
  if (!fields.read(der::kSequence)) return {};
  const auto bits = fields.read(0x03);
  return bits && !bits->contents.empty() ? bits->contents.subspan(1) : Bytes{};
}

std::optional<CertificateParts> parse_certificate(Bytes der_bytes) {
  const auto certificate = DerParser(der_bytes).read(der::kSequence);
  const auto tbs = certificate ? DerParser(certificate->contents).read(der::kSequence) : std::nullopt;
  if (!tbs) return std::nullopt;
  DerParser fields(tbs->contents);
  if (fields.next_is(der::context_constructed(0))) (void)fields.read(der::context_constructed(0));
  const auto serial = fields.read(der::kInteger);
  (void)fields.read(der::kSequence);  // signature
  const auto issuer = fields.read(der::kSequence);
  (void)fields.read(der::kSequence);  // validity
  const auto subject = fields.read(der::kSequence);
  const auto key = fields.read(der::kSequence);
  if (!serial || !key) return std::nullopt;
  return CertificateParts{serial->contents, issuer->encoded, subject->encoded, key->encoded};
}

}  // namespace jpki::testocsp
