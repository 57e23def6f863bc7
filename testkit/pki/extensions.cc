// SPDX-License-Identifier: LGPL-2.1-or-later
#include "testkit/pki/extensions.h"

namespace jpki::testpki {
namespace {

// ReasonFlags under an implicit tag.
Blob reason_flags(unsigned number, std::uint16_t reasons) {
  Blob flags = der::named_bits(reasons);
  flags.front() = der::context(number);
  return flags;
}

}  // namespace

Blob encode_extensions(const std::vector<Extension>& extensions) {
  Blob contents;
  for (const Extension& extension : extensions) {
    const Blob critical = extension.critical ? der::boolean(true) : Blob();
    der::append(contents,
                der::sequence({der::oid(extension.oid), critical, der::octet_string(extension.value)}));
  }
  return der::tlv(der::kSequence, contents);
}

Extension basic_constraints(bool is_ca, std::optional<unsigned> path_length) {
  const Blob ca = is_ca ? der::boolean(true) : Blob();
  const Blob length = path_length ? der::integer(*path_length) : Blob();
  return {oid::kBasicConstraints, true, der::sequence({ca, length})};
}

Extension key_usage(const std::vector<KeyUsage>& usages) {
  unsigned bits = 0;
  for (const KeyUsage usage : usages) bits |= 1u << static_cast<unsigned>(usage);
  return {oid::kKeyUsage, true, der::named_bits(static_cast<std::uint16_t>(bits))};
}

Extension extended_key_usage(const std::vector<std::string>& oids) {
  Blob purposes;
  for (const std::string& purpose : oids) der::append(purposes, der::oid(purpose));
  return {oid::kExtendedKeyUsage, false, der::tlv(der::kSequence, purposes)};
}

Extension certificate_policies(const std::vector<std::string>& oids, bool critical) {
  Blob policies;
  for (const std::string& policy : oids) der::append(policies, der::sequence({der::oid(policy)}));
  return {oid::kCertificatePolicies, critical, der::tlv(der::kSequence, policies)};
}

Extension subject_key_identifier(Bytes identifier) {
  return {oid::kSubjectKeyIdentifier, false, der::octet_string(identifier)};
}

Extension authority_key_identifier(Bytes key_identifier, Bytes issuer, Bytes serial) {
  const Blob key = der::tlv(der::context(0), key_identifier);
  if (issuer.empty()) return {oid::kAuthorityKeyIdentifier, false, der::sequence({key})};
  return {oid::kAuthorityKeyIdentifier, false,
          der::sequence({key, der::tlv(der::context_constructed(1), directory_name(issuer)),
                         der::tlv(der::context(2), serial)})};
}

Extension subject_alt_name(std::initializer_list<Bytes> general_names) {
  return {oid::kSubjectAltName, false, der::sequence(general_names)};
}

Extension authority_info_access_ocsp(std::string_view uri) {
  return {oid::kAuthorityInfoAccess, false,
          der::tlv(der::kSequence, der::sequence({der::oid("1.3.6.1.5.5.7.48.1"), uri_name(uri)}))};
}

Blob distribution_point_name(Bytes general_name) {
  return der::tlv(der::context_constructed(0), general_name);
}

Extension crl_distribution_points(std::initializer_list<Bytes> distribution_point_names) {
  Blob points;
  for (const Bytes name : distribution_point_names) {
    der::append(points, der::tlv(der::kSequence, der::tlv(der::context_constructed(0), name)));
  }
  return {oid::kCrlDistributionPoints, false, der::tlv(der::kSequence, points)};
}

Blob relative_point_name(const Attribute& attribute) {
  const Blob value = der::sequence({der::oid(attribute.type), der::text(attribute.tag, attribute.value)});
  return der::tlv(der::context_constructed(1), value);
}

Extension crl_distribution_points_of(const std::vector<DistributionPoint>& points) {
  Blob all;
  for (const DistributionPoint& point : points) {
    const Blob name = point.name ? der::tlv(der::context_constructed(0), *point.name) : Blob();
    const Blob reasons = point.reasons ? reason_flags(1, *point.reasons) : Blob();
    const Blob issuer =
        point.crl_issuer.empty() ? Blob() : der::tlv(der::context_constructed(2), point.crl_issuer);
    der::append(all, der::sequence({name, reasons, issuer}));
  }
  return {oid::kCrlDistributionPoints, false, der::tlv(der::kSequence, all)};
}

Extension issuing_distribution_point(const IssuingDistributionPoint& point) {
  const auto flag = [](unsigned number, bool value) {
    return value ? der::tlv(der::context(number), Blob{0xff}) : Blob();
  };
  const Blob name =
      point.distribution_point ? der::tlv(der::context_constructed(0), *point.distribution_point) : Blob();
  const Blob reasons = point.only_some_reasons ? reason_flags(3, *point.only_some_reasons) : Blob();
  return {
      oid::kIssuingDistributionPoint, true,
      der::sequence({name, flag(1, point.only_contains_user_certs), flag(2, point.only_contains_ca_certs),
                     reasons, flag(4, point.indirect_crl), flag(5, point.only_contains_attribute_certs)})};
}

Extension crl_number(std::uint64_t number) {
  return {oid::kCrlNumber, false, der::integer(number)};
}

Extension delta_crl_indicator(std::uint64_t base_crl_number) {
  return {oid::kDeltaCrlIndicator, true, der::integer(base_crl_number)};
}

Extension reason_code(std::uint8_t reason) {
  return {oid::kReasonCode, false, der::enumerated(reason)};
}

Extension certificate_issuer(std::initializer_list<Bytes> general_names) {
  return {oid::kCertificateIssuer, true, der::sequence(general_names)};
}

}  // namespace jpki::testpki
