// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Certificate, CRL and CRL entry extensions (RFC 5280 4.2, 5.2, 5.3). Criticality is the usual one; change
// the member `critical` for another.
#pragma once

#include "testkit/pki/names.h"

#include <initializer_list>
#include <optional>
#include <string>
#include <vector>

namespace jpki::testpki {

struct Extension {
  std::string oid;  // dotted
  bool critical = false;
  Blob value;  // contents of extnValue
};

// SEQUENCE OF Extension; critical is left out when false, as DER wants for a default.
Blob encode_extensions(const std::vector<Extension>& extensions);

namespace oid {
inline constexpr char kSubjectKeyIdentifier[] = "2.5.29.14";
inline constexpr char kKeyUsage[] = "2.5.29.15";
inline constexpr char kSubjectAltName[] = "2.5.29.17";
inline constexpr char kBasicConstraints[] = "2.5.29.19";
inline constexpr char kCrlNumber[] = "2.5.29.20";
inline constexpr char kReasonCode[] = "2.5.29.21";
inline constexpr char kDeltaCrlIndicator[] = "2.5.29.27";
inline constexpr char kIssuingDistributionPoint[] = "2.5.29.28";
inline constexpr char kCertificateIssuer[] = "2.5.29.29";
inline constexpr char kNameConstraints[] = "2.5.29.30";
inline constexpr char kCrlDistributionPoints[] = "2.5.29.31";
inline constexpr char kCertificatePolicies[] = "2.5.29.32";
inline constexpr char kAuthorityKeyIdentifier[] = "2.5.29.35";
inline constexpr char kExtendedKeyUsage[] = "2.5.29.37";
inline constexpr char kAuthorityInfoAccess[] = "1.3.6.1.5.5.7.1.1";

inline constexpr char kServerAuth[] = "1.3.6.1.5.5.7.3.1";
inline constexpr char kClientAuth[] = "1.3.6.1.5.5.7.3.2";
inline constexpr char kCodeSigning[] = "1.3.6.1.5.5.7.3.3";
inline constexpr char kEmailProtection[] = "1.3.6.1.5.5.7.3.4";
inline constexpr char kOcspSigning[] = "1.3.6.1.5.5.7.3.9";
inline constexpr char kOcspNoCheck[] = "1.3.6.1.5.5.7.48.1.5";
}  // namespace oid

// The named bits of keyUsage.
enum class KeyUsage : unsigned {
  kDigitalSignature = 0,
  kNonRepudiation = 1,
  kKeyEncipherment = 2,
  kDataEncipherment = 3,
  kKeyAgreement = 4,
  kKeyCertSign = 5,
  kCrlSign = 6,
};

Extension basic_constraints(bool is_ca, std::optional<unsigned> path_length = {});  // critical
Extension key_usage(const std::vector<KeyUsage>& usages);                           // critical
Extension extended_key_usage(const std::vector<std::string>& oids);
Extension certificate_policies(const std::vector<std::string>& oids, bool critical = false);
Extension subject_key_identifier(Bytes identifier);
// authorityCertIssuer and authorityCertSerialNumber are written when `issuer` (a Name) is not empty.
Extension authority_key_identifier(Bytes key_identifier, Bytes issuer = {}, Bytes serial = {});
Extension subject_alt_name(std::initializer_list<Bytes> general_names);
Extension authority_info_access_ocsp(std::string_view uri);

// DistributionPointName with one fullName, for a cRLDistributionPoints or an issuingDistributionPoint.
Blob distribution_point_name(Bytes general_name);
// The same with a nameRelativeToCRLIssuer.
Blob relative_point_name(const Attribute& attribute);
// One DistributionPoint for each DistributionPointName.
Extension crl_distribution_points(std::initializer_list<Bytes> distribution_point_names);

struct DistributionPoint {
  std::optional<Blob> name = std::nullopt;              // DistributionPointName
  std::optional<std::uint16_t> reasons = std::nullopt;  // named bits of ReasonFlags
  std::vector<Blob> crl_issuer = {};                    // GeneralNames; an empty list leaves the field out
};
Extension crl_distribution_points_of(const std::vector<DistributionPoint>& points);

struct IssuingDistributionPoint {
  std::optional<Blob> distribution_point = std::nullopt;  // DistributionPointName
  bool only_contains_user_certs = false;
  bool only_contains_ca_certs = false;
  std::optional<std::uint16_t> only_some_reasons = std::nullopt;  // named bits of ReasonFlags
  bool indirect_crl = false;
  bool only_contains_attribute_certs = false;
};
Extension issuing_distribution_point(const IssuingDistributionPoint& point);  // critical
Extension crl_number(std::uint64_t number);
Extension delta_crl_indicator(std::uint64_t base_crl_number);  // critical
Extension reason_code(std::uint8_t reason);
Extension certificate_issuer(std::initializer_list<Bytes> general_names);  // critical

}  // namespace jpki::testpki
