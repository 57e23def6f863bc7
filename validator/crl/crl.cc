// SPDX-License-Identifier: LGPL-2.1-or-later
#include "validator/crl/crl.h"

#include "validator/asn1/der_reader.h"
#include "validator/asn1/der_values.h"
#include "validator/x509/extensions.h"

#include <algorithm>

namespace jpki::crl {
namespace {

namespace oid = x509::oid;
using asn1::DerReader;

// CRL extensions that this version understands, RFC 5280 5.2.
constexpr std::string_view kKnownExtensions[] = {
    oid::kIssuerAltName,       oid::kCrlNumber,
    oid::kDeltaCrlIndicator,   oid::kIssuingDistributionPoint,
    oid::kFreshestCrl,         oid::kAuthorityKeyIdentifier,
    oid::kAuthorityInfoAccess,
};

constexpr std::size_t kMaxCrlNumberSize = 20;  // RFC 5280 5.2.3

Unexpected<std::string> refuse(const char* what) {
  return Unexpected{std::string(what)};
}

bool is_time(const DerReader& reader) {
  return reader.next_is(asn1::kUtcTime) || reader.next_is(asn1::kGeneralizedTime);
}

std::optional<Time> read_time(DerReader& reader) {
  const auto element = reader.read();
  return element ? asn1::decode_time(*element) : std::nullopt;
}

// Version is OPTIONAL here: nothing means v1, what is written must be v2.
std::optional<unsigned> read_version(DerReader& tbs) {
  if (!tbs.next_is(asn1::kInteger)) return 0;
  const auto element = tbs.read();
  const auto version = element ? asn1::decode_unsigned(element->contents) : std::nullopt;
  if (version != 1u) return std::nullopt;
  return 1;
}

// CRLNumber and BaseCRLNumber, RFC 5280 5.2.3: not negative, at most 20 octets.
std::optional<Bytes> read_crl_number(Bytes value) {
  const auto number = asn1::read_only(value, asn1::kInteger);
  if (!number || !asn1::is_integer(*number) || (number->front() & 0x80u) != 0) return std::nullopt;
  return number->size() <= kMaxCrlNumberSize ? number : std::nullopt;
}

Expected<Unit, std::string> read_extension(const x509::Extension& extension, CrlHeader& header) {
  if (extension.oid == oid::kIssuingDistributionPoint) {
    header.issuing_distribution_point = extension.value;
  } else if (extension.oid == oid::kCrlNumber) {
    header.crl_number = read_crl_number(extension.value);
    if (!header.crl_number) return refuse("RFC 5280 5.2.3: cRLNumber: malformed, negative or too long");
  } else if (extension.oid == oid::kDeltaCrlIndicator) {
    header.base_crl_number = read_crl_number(extension.value);
    if (!header.base_crl_number)
      return refuse("RFC 5280 5.2.4: deltaCRLIndicator: malformed, negative or too long");
  } else if (extension.oid == oid::kAuthorityKeyIdentifier) {
    const auto identifier = x509::decode_authority_key_identifier(extension.value);
    if (!identifier) return Unexpected{identifier.error()};
    header.authority_key_identifier = *identifier;
  } else if (extension.critical &&
             std::ranges::find(kKnownExtensions, extension.oid) == std::end(kKnownExtensions)) {
    header.unknown_critical_extension = true;
  }
  return Unit{};
}

Expected<Unit, std::string> read_extensions(DerReader& tbs, CrlHeader& header) {
  const auto wrapper = tbs.read();
  const auto list = wrapper ? asn1::read_only(wrapper->contents, asn1::kSequence) : std::nullopt;
  if (!list) return refuse("crlExtensions: malformed");
  const auto extensions = x509::decode_extensions(*list);
  if (!extensions) return Unexpected{"crlExtensions: " + extensions.error()};
  for (const auto& extension : *extensions)
    if (auto read = read_extension(extension, header); !read) return read;
  return Unit{};
}

}  // namespace

Expected<Crl, std::string> decode_crl(Bytes der) {
  auto envelope = x509::decode_signed_object(der);
  if (!envelope) return Unexpected{"CertificateList: " + envelope.error()};
  Crl crl;
  crl.envelope = std::move(*envelope);
  DerReader tbs(crl.envelope.tbs_contents);
  const auto version = read_version(tbs);
  if (!version) return refuse("version: malformed or unknown");
  const auto algorithm = tbs.read(asn1::kSequence);
  if (!algorithm || !std::ranges::equal(algorithm->encoded, crl.envelope.algorithm_der))
    return refuse("signature: malformed, or not the outer signatureAlgorithm (RFC 5280 5.1.1.2)");
  const auto issuer = tbs.read(asn1::kSequence);
  if (!issuer) return refuse("issuer: malformed");
  crl.header.issuer_der = issuer->encoded;
  const auto this_update = read_time(tbs);
  if (!this_update) return refuse("thisUpdate: malformed");
  crl.header.this_update = *this_update;
  if (is_time(tbs)) {
    crl.header.next_update = read_time(tbs);
    if (!crl.header.next_update) return refuse("nextUpdate: malformed");
  }
  crl.version_2 = *version == 1;
  if (const auto entries = tbs.read(asn1::kSequence)) crl.entries = entries->contents;
  if (crl.version_2 && tbs.next_is(asn1::context_constructed(0)))
    if (auto ok = read_extensions(tbs, crl.header); !ok) return Unexpected{ok.error()};
  if (!tbs.at_end()) return refuse("tbsCertList: malformed, or extensions that the version does not allow");
  return crl;
}

}  // namespace jpki::crl
