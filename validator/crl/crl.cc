// SPDX-License-Identifier: LGPL-2.1-or-later
#include "validator/crl/crl.h"

#include "validator/asn1/der_reader.h"
#include "validator/asn1/der_values.h"
#include "validator/x509/extensions.h"

#include <algorithm>
#include <array>

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

// id-ce, 2.5.29: the OID contents of entry extensions are these two bytes and the number (RFC 5280 5.3).
constexpr std::array<std::uint8_t, 2> kIdCe = {0x55, 0x1d};
constexpr std::uint8_t kReasonCode = 21;
constexpr std::uint8_t kHoldInstruction = 23;
constexpr std::uint8_t kInvalidityDate = 24;
constexpr std::uint8_t kCertificateIssuer = 29;

constexpr std::uint64_t kCertificateHold = 6;
constexpr std::uint64_t kRemoveFromCrl = 8;

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

Expected<Unit, std::string> read_extensions(DerReader& tbs, Crl& crl) {
  const auto wrapper = tbs.read();
  const auto list = wrapper ? asn1::read_only(wrapper->contents, asn1::kSequence) : std::nullopt;
  if (!list) return refuse("crlExtensions: malformed");
  const auto extensions = x509::decode_extensions(*list);
  if (!extensions) return Unexpected{"crlExtensions: " + extensions.error()};
  for (const auto& extension : *extensions) {
    if (extension.oid == oid::kDeltaCrlIndicator) crl.is_delta = true;
    if (extension.oid == oid::kIssuingDistributionPoint) crl.issuing_distribution_point = extension.value;
    if (extension.oid == oid::kAuthorityKeyIdentifier) {
      const auto identifier = x509::decode_authority_key_identifier(extension.value);
      if (!identifier) return Unexpected{identifier.error()};
      crl.authority_key_identifier = *identifier;
    }
    if (extension.critical &&
        std::ranges::find(kKnownExtensions, extension.oid) == std::end(kKnownExtensions))
      crl.unknown_critical_extension = true;
  }
  return Unit{};
}

// The reason code of one entry, 0 when absent; an error as find_entry() says.
Expected<std::uint64_t, std::string> read_entry_extensions(Bytes contents) {
  std::uint64_t reason = 0;
  if (contents.empty()) return refuse("crlEntryExtensions: empty");
  for (DerReader reader(contents); !reader.at_end();) {
    const auto extension = x509::read_extension(reader);
    if (!extension) return refuse("crlEntryExtensions: malformed");
    const bool id_ce = extension->oid.size() == 3 && std::ranges::equal(extension->oid.first(2), kIdCe);
    const std::uint8_t number = id_ce ? extension->oid[2] : std::uint8_t{0};
    if (number == kCertificateIssuer)
      return refuse("RFC 5280 5.3.3: certificateIssuer in a CRL that is not indirect");
    if (number == kReasonCode) {
      const auto code = asn1::read_only(extension->value, asn1::kEnumerated);
      const auto value = code ? asn1::decode_unsigned(*code) : std::nullopt;
      if (!value) return refuse("reasonCode: malformed");
      if (*value == kRemoveFromCrl) return refuse("RFC 5280 5.3.1: removeFromCRL in a CRL that is no delta");
      reason = *value;
    } else if (extension->critical && number != kHoldInstruction && number != kInvalidityDate) {
      return refuse("RFC 5280 5.3: unknown critical entry extension");
    }
  }
  return reason;
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
  crl.issuer_der = issuer->encoded;
  const auto this_update = read_time(tbs);
  if (!this_update) return refuse("thisUpdate: malformed");
  crl.this_update = *this_update;
  if (is_time(tbs)) {
    crl.next_update = read_time(tbs);
    if (!crl.next_update) return refuse("nextUpdate: malformed");
  }
  if (const auto entries = tbs.read(asn1::kSequence)) crl.entries = entries->contents;
  if (*version == 1 && tbs.next_is(asn1::context_constructed(0)))
    if (auto ok = read_extensions(tbs, crl); !ok) return Unexpected{ok.error()};
  if (!tbs.at_end()) return refuse("tbsCertList: malformed, or extensions that the version does not allow");
  return crl;
}

Expected<EntryStatus, std::string> find_entry(const Crl& crl, Bytes serial) {
  EntryStatus status = EntryStatus::kNotListed;
  for (DerReader entries(crl.entries); !entries.at_end();) {
    const auto entry = entries.read(asn1::kSequence);
    if (!entry) return refuse("revokedCertificates: malformed");
    DerReader fields(entry->contents);
    const auto number = fields.read(asn1::kInteger);
    if (!number || !asn1::is_integer(number->contents) || !read_time(fields))
      return refuse("revokedCertificates: malformed entry");
    std::uint64_t reason = 0;
    if (const auto extensions = fields.read(asn1::kSequence)) {
      const auto code = read_entry_extensions(extensions->contents);
      if (!code) return Unexpected{code.error()};
      reason = *code;
    }
    if (!fields.at_end()) return refuse("revokedCertificates: malformed entry");
    if (!std::ranges::equal(number->contents, serial)) continue;
    if (reason != kCertificateHold) status = EntryStatus::kRevoked;
    if (status == EntryStatus::kNotListed) status = EntryStatus::kOnHold;
  }
  return status;
}

}  // namespace jpki::crl
