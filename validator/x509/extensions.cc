// SPDX-License-Identifier: LGPL-2.1-or-later
#include "validator/x509/extensions.h"

#include "validator/asn1/der_reader.h"
#include "validator/asn1/der_values.h"
#include "validator/x509/certificate_policies.h"

#include <algorithm>
#include <limits>

namespace jpki::x509 {
namespace {

using asn1::DerReader;

Unexpected<std::string> refuse(std::string_view field, const char* what) {
  return Unexpected{std::string(field) + ": " + what};
}

constexpr std::size_t kMaxElements = 512;

// SEQUENCE SIZE (1..kMaxElements) OF what carries `element_tag`: the elements, or nothing when malformed.
std::optional<std::vector<asn1::Element>> elements_of(Bytes value, std::uint8_t element_tag) {
  const auto contents = asn1::read_only(value, asn1::kSequence);
  if (!contents || contents->empty()) return std::nullopt;
  std::vector<asn1::Element> elements;
  for (DerReader reader(*contents); !reader.at_end();) {
    const auto element = reader.read(element_tag);
    if (!element || elements.size() == kMaxElements) return std::nullopt;
    elements.push_back(*element);
  }
  return elements;
}

// INTEGER (0..MAX) that carries `tag`, a number of certificates; left out when the next value is another one.
bool read_optional_count(DerReader& reader, std::uint8_t tag, std::optional<unsigned>& out) {
  if (!reader.next_is(tag)) return true;
  const auto element = reader.read();
  const auto count = element ? asn1::decode_unsigned(element->contents) : std::nullopt;
  if (!count) return false;
  out = static_cast<unsigned>(std::min<std::uint64_t>(*count, std::numeric_limits<unsigned>::max()));
  return true;
}

bool decode_key_usage(Bytes value, CertificateExtensions& out) {
  const auto bits = asn1::read_only(value, asn1::kBitString);
  out.key_usage = bits ? asn1::decode_named_bits(*bits) : std::nullopt;
  return out.key_usage && *out.key_usage < 2 * kDecipherOnly;
}

bool decode_basic_constraints(Bytes value, CertificateExtensions& out) {
  const auto contents = asn1::read_only(value, asn1::kSequence);
  if (!contents) return false;
  DerReader reader(*contents);
  const auto is_ca = asn1::read_default_false(reader, asn1::kBoolean);
  if (!is_ca) return false;
  BasicConstraints constraints{*is_ca, {}};
  if (!read_optional_count(reader, asn1::kInteger, constraints.path_length)) return false;
  out.basic_constraints = constraints;
  return reader.at_end();
}

bool decode_extended_key_usage(Bytes value, CertificateExtensions& out) {
  const auto elements = elements_of(value, asn1::kOid);
  if (!elements) return false;
  for (const auto& element : *elements) {
    auto oid = asn1::decode_oid(element.contents);
    if (!oid) return false;
    out.extended_key_usages.push_back(std::move(*oid));
  }
  return true;
}

bool decode_policies(Bytes value, CertificateExtensions& out) {
  auto decoded = decode_certificate_policies(value);
  if (!decoded) return false;
  out.policies = std::move(decoded->policies);
  out.policy_qualifiers_known = decoded->qualifiers_known;
  return true;
}

bool decode_policy_mappings(Bytes value, CertificateExtensions& out) {
  const auto elements = elements_of(value, asn1::kSequence);
  if (!elements) return false;
  for (const auto& element : *elements) {
    DerReader reader(element.contents);
    const auto issuer = reader.read(asn1::kOid);
    const auto subject = issuer ? reader.read(asn1::kOid) : std::nullopt;
    if (!subject || !reader.at_end()) return false;
    auto from = asn1::decode_oid(issuer->contents);
    auto to = asn1::decode_oid(subject->contents);
    if (!from || !to) return false;
    out.policy_mappings.push_back({std::move(*from), std::move(*to)});
  }
  return true;
}

// An empty one says nothing that a validator could act on: RFC 5280 4.2.1.11 forbids it.
bool decode_policy_constraints(Bytes value, CertificateExtensions& out) {
  const auto contents = asn1::read_only(value, asn1::kSequence);
  if (!contents || contents->empty()) return false;
  DerReader reader(*contents);
  PolicyConstraints constraints;
  if (!read_optional_count(reader, asn1::context(0), constraints.require_explicit_policy) ||
      !read_optional_count(reader, asn1::context(1), constraints.inhibit_policy_mapping))
    return false;
  out.policy_constraints = constraints;
  return reader.at_end();
}

bool decode_inhibit_any_policy(Bytes value, CertificateExtensions& out) {
  DerReader reader(value);
  return read_optional_count(reader, asn1::kInteger, out.inhibit_any_policy) &&
         out.inhibit_any_policy.has_value() && reader.at_end();
}

bool decode_name_constraints_into(Bytes value, CertificateExtensions& out) {
  out.name_constraints = decode_name_constraints(value);
  return out.name_constraints.has_value();
}

bool decode_subject_alt_name(Bytes value, CertificateExtensions& out) {
  const auto contents = asn1::read_only(value, asn1::kSequence);
  auto names = contents ? decode_general_names(*contents) : std::nullopt;
  if (!names) return false;
  out.subject_alt_names = std::move(*names);
  return true;
}

bool decode_subject_key_identifier(Bytes value, CertificateExtensions& out) {
  out.subject_key_identifier = asn1::read_only(value, asn1::kOctetString);
  return out.subject_key_identifier.has_value();
}

bool decode_authority_key_identifier_into(Bytes value, CertificateExtensions& out) {
  const auto identifier = decode_authority_key_identifier(value);
  if (!identifier) return false;
  out.authority_key_identifier = *identifier;
  return true;
}

// Nobody decides by it; malformed is malformed.
bool check_issuer_alt_name(Bytes value, CertificateExtensions&) {
  const auto contents = asn1::read_only(value, asn1::kSequence);
  return contents && decode_general_names(*contents);
}

bool check_freshest_crl(Bytes value, CertificateExtensions&) {
  return elements_of(value, asn1::kSequence).has_value();
}

bool decode_crl_distribution_points(Bytes value, CertificateExtensions& out) {
  const auto elements = elements_of(value, asn1::kSequence);
  if (!elements) return false;
  for (const auto& element : *elements) out.crl_distribution_points.push_back(element.encoded);
  return true;
}

bool decode_authority_info_access(Bytes value, CertificateExtensions& out) {
  const auto elements = elements_of(value, asn1::kSequence);
  if (!elements) return false;
  for (const auto& element : *elements) {
    DerReader reader(element.contents);
    const auto method = reader.read(asn1::kOid);
    const auto oid = method ? asn1::decode_oid(method->contents) : std::nullopt;
    const auto location = oid ? reader.read() : std::nullopt;
    if (!location || !reader.at_end()) return false;
    if (*oid == oid::kOcsp && location->tag == asn1::context(6))
      out.ocsp_uris.emplace_back(as_text(location->contents));
  }
  return true;
}

struct KnownExtension {
  std::string_view oid;
  const char* name;
  bool (*decode)(Bytes value, CertificateExtensions& out);
};
constexpr KnownExtension kKnownExtensions[] = {
    {oid::kKeyUsage, "keyUsage", decode_key_usage},
    {oid::kBasicConstraints, "basicConstraints", decode_basic_constraints},
    {oid::kExtendedKeyUsage, "extKeyUsage", decode_extended_key_usage},
    {oid::kCertificatePolicies, "certificatePolicies", decode_policies},
    {oid::kPolicyMappings, "policyMappings", decode_policy_mappings},
    {oid::kPolicyConstraints, "policyConstraints", decode_policy_constraints},
    {oid::kInhibitAnyPolicy, "inhibitAnyPolicy", decode_inhibit_any_policy},
    {oid::kNameConstraints, "nameConstraints", decode_name_constraints_into},
    {oid::kSubjectAltName, "subjectAltName", decode_subject_alt_name},
    {oid::kIssuerAltName, "issuerAltName", check_issuer_alt_name},
    {oid::kFreshestCrl, "freshestCRL", check_freshest_crl},
    {oid::kSubjectKeyIdentifier, "subjectKeyIdentifier", decode_subject_key_identifier},
    {oid::kAuthorityKeyIdentifier, "authorityKeyIdentifier", decode_authority_key_identifier_into},
    {oid::kCrlDistributionPoints, "cRLDistributionPoints", decode_crl_distribution_points},
    {oid::kAuthorityInfoAccess, "authorityInfoAccess", decode_authority_info_access},
};

}  // namespace

std::optional<EncodedExtension> read_extension(DerReader& reader) {
  const auto element = reader.read(asn1::kSequence);
  if (!element) return std::nullopt;
  DerReader fields(element->contents);
  const auto oid = fields.read(asn1::kOid);
  const auto critical = oid ? asn1::read_default_false(fields, asn1::kBoolean) : std::nullopt;
  const auto value = critical ? fields.read(asn1::kOctetString) : std::nullopt;
  if (!value || !fields.at_end()) return std::nullopt;
  return EncodedExtension{oid->contents, *critical, value->contents};
}

Expected<std::vector<Extension>, std::string> decode_extensions(Bytes contents) {
  std::vector<Extension> extensions;
  for (DerReader reader(contents); !reader.at_end();) {
    const auto encoded = read_extension(reader);
    auto oid = encoded ? asn1::decode_oid(encoded->oid) : std::nullopt;
    if (!oid) return refuse("Extensions", "malformed");
    if (std::ranges::find(extensions, *oid, &Extension::oid) != extensions.end())
      return refuse("Extensions", "one OID twice (RFC 5280 4.2)");
    extensions.push_back({std::move(*oid), encoded->critical, encoded->value});
    if (extensions.size() > kMaxExtensions) return refuse("Extensions", "too many");
  }
  if (extensions.empty()) return refuse("Extensions", "empty");
  return extensions;
}

Expected<std::optional<Bytes>, std::string> decode_authority_key_identifier(Bytes value) {
  const auto contents = asn1::read_only(value, asn1::kSequence);
  if (!contents) return refuse("authorityKeyIdentifier", "malformed");
  DerReader reader(*contents);
  std::optional<Bytes> identifier;
  if (const auto element = reader.read(asn1::context(0))) identifier = element->contents;
  if (reader.next_is(asn1::context_constructed(1))) (void)reader.read();
  if (reader.next_is(asn1::context(2))) (void)reader.read();
  if (!reader.at_end()) return refuse("authorityKeyIdentifier", "malformed");
  return identifier;
}

Expected<CertificateExtensions, std::string> decode_certificate_extensions(
    const std::vector<Extension>& extensions) {
  CertificateExtensions out;
  for (const Extension& extension : extensions) {
    const auto* const known = std::ranges::find(kKnownExtensions, extension.oid, &KnownExtension::oid);
    if (known == std::end(kKnownExtensions)) continue;
    if (!known->decode(extension.value, out)) return refuse(known->name, "malformed");
  }
  return out;
}

}  // namespace jpki::x509
