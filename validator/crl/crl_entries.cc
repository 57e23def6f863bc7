// SPDX-License-Identifier: LGPL-2.1-or-later
#include "validator/crl/crl_entries.h"

#include "validator/asn1/der_values.h"
#include "validator/crl/distribution_point.h"
#include "validator/x509/extensions.h"

#include <algorithm>
#include <array>

namespace jpki::crl {
namespace {

using asn1::DerReader;

// Entry extensions, RFC 5280 5.3: the contents of their OIDs are id-ce, 2.5.29, and a number below 128.
constexpr std::array<std::uint8_t, 2> kIdCe = {0x55, 0x1d};
enum EntryExtension : std::uint8_t {
  kReasonCode = 21,
  kHoldInstruction = 23,
  kInvalidityDate = 24,
  kCertificateIssuer = 29,
};
constexpr std::size_t kMaxEntryExtensions = 16;

// The last arc of an OID below id-ce; 0 for any other.
std::uint8_t id_ce_arc(Bytes oid) {
  return oid.size() == 3 && std::ranges::equal(oid.first(2), kIdCe) ? oid[2] : std::uint8_t{0};
}

std::optional<Reason> reason_of(std::uint64_t code) {
  if (code > static_cast<std::uint64_t>(Reason::kAaCompromise) || code == 7) return std::nullopt;
  return static_cast<Reason>(code);
}

int weight(Reason reason) {
  if (reason == Reason::kRemoveFromCrl) return 0;
  return reason == Reason::kCertificateHold ? 1 : 2;
}

}  // namespace

Reason more_severe(Reason a, Reason b) {
  return weight(b) > weight(a) ? b : a;
}

Expected<std::vector<x509::Name>, std::string> decode_certificate_issuer(Bytes general_names) {
  auto names = decode_directory_names(general_names);
  if (!names) return Unexpected{"certificateIssuer: " + names.error()};
  if (names->empty())
    return Unexpected{std::string("RFC 5280 5.3.3: certificateIssuer without a directoryName")};
  return names;
}

EntryReader::EntryReader(const Crl& crl)
    : rest_(crl.entries), version_2_(crl.version_2), delta_(crl.header.base_crl_number.has_value()) {
  if (!crl.header.issuing_distribution_point) return;
  const auto flags = decode_scope_flags(*crl.header.issuing_distribution_point);
  if (!flags) {
    error_ = flags.error();
    return;
  }
  indirect_ = flags->indirect;
}

bool EntryReader::next(CrlEntry& entry) {
  if (error_ || rest_.at_end()) return false;
  return read(entry);
}

bool EntryReader::read(CrlEntry& entry) {
  const auto element = rest_.read(asn1::kSequence);
  if (!element) return refuse("revokedCertificates: malformed");
  DerReader fields(element->contents);
  const auto serial = fields.read(asn1::kInteger);
  const auto date = serial ? fields.read() : std::nullopt;
  const auto time = date ? asn1::decode_time(*date) : std::nullopt;
  if (!time || !asn1::is_integer(serial->contents)) return refuse("revokedCertificates: malformed entry");
  entry = {serial->contents, *time, Reason::kUnspecified, certificate_issuer_, false};
  if (const auto extensions = fields.read(asn1::kSequence))
    if (!read_extensions(extensions->contents, entry)) return false;
  return fields.at_end() || refuse("revokedCertificates: malformed entry");
}

bool EntryReader::read_extensions(Bytes contents, CrlEntry& entry) {
  if (!version_2_) return refuse("RFC 5280 5.1.2.1: entry extensions in a version 1 CRL");
  if (contents.empty()) return refuse("crlEntryExtensions: empty");
  std::array<Bytes, kMaxEntryExtensions> seen;
  std::size_t count = 0;
  for (DerReader reader(contents); !reader.at_end();) {
    const auto extension = x509::read_extension(reader);
    if (!extension) return refuse("crlEntryExtensions: malformed");
    const auto same = [&](Bytes oid) { return std::ranges::equal(oid, extension->oid); };
    const auto used = std::span(seen).first(count);
    if (std::ranges::any_of(used, same)) return refuse("crlEntryExtensions: one OID twice (RFC 5280 4.2)");
    if (count == seen.size()) return refuse("crlEntryExtensions: too many");
    seen[count++] = extension->oid;
    const std::uint8_t arc = id_ce_arc(extension->oid);
    if (arc == kReasonCode) {
      if (!read_reason(extension->value, entry)) return false;
    } else if (arc == kCertificateIssuer) {
      if (!read_certificate_issuer(extension->value, entry)) return false;
    } else if (extension->critical && arc != kHoldInstruction && arc != kInvalidityDate) {
      return refuse("RFC 5280 5.3: unknown critical entry extension");
    }
  }
  return true;
}

bool EntryReader::read_reason(Bytes value, CrlEntry& entry) {
  const auto contents = asn1::read_only(value, asn1::kEnumerated);
  const auto code = contents ? asn1::decode_unsigned(*contents) : std::nullopt;
  const auto reason = code ? reason_of(*code) : std::nullopt;
  if (!reason) return refuse("RFC 5280 5.3.1: reasonCode: malformed or unknown");
  if (*reason == Reason::kRemoveFromCrl && !delta_)
    return refuse("RFC 5280 5.3.1: removeFromCRL in a CRL that is not a delta");
  entry.reason = *reason;
  return true;
}

bool EntryReader::read_certificate_issuer(Bytes value, CrlEntry& entry) {
  if (!indirect_) return refuse("RFC 5280 5.3.3: certificateIssuer in a CRL that is not indirect");
  const auto names = asn1::read_only(value, asn1::kSequence);
  if (!names || names->empty()) return refuse("certificateIssuer: malformed or empty");
  entry.issuer_changed = true;
  entry.certificate_issuer = *names;
  if (std::ranges::equal(*names, certificate_issuer_)) return true;
  if (const auto decoded = decode_certificate_issuer(*names); !decoded)
    return refuse(decoded.error().c_str());
  certificate_issuer_ = *names;
  return true;
}

bool EntryReader::refuse(const char* why) {
  error_ = why;
  return false;
}

}  // namespace jpki::crl
