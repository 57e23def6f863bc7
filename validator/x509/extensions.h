// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Extensions: the list that certificates, CRLs and CRL entries share, and the contents of those certificate
// extensions that decisions need (RFC 5280 4.2.1).
#pragma once

#include "base/bytes.h"
#include "base/expected.h"
#include "validator/asn1/der_reader.h"
#include "validator/x509/general_name.h"
#include "validator/x509/name_constraints.h"

#include <optional>
#include <string>
#include <vector>

namespace jpki::x509 {

namespace oid {
inline constexpr std::string_view kSubjectKeyIdentifier = "2.5.29.14";
inline constexpr std::string_view kKeyUsage = "2.5.29.15";
inline constexpr std::string_view kSubjectAltName = "2.5.29.17";
inline constexpr std::string_view kIssuerAltName = "2.5.29.18";
inline constexpr std::string_view kBasicConstraints = "2.5.29.19";
inline constexpr std::string_view kCrlNumber = "2.5.29.20";
inline constexpr std::string_view kReasonCode = "2.5.29.21";
inline constexpr std::string_view kInvalidityDate = "2.5.29.24";
inline constexpr std::string_view kDeltaCrlIndicator = "2.5.29.27";
inline constexpr std::string_view kIssuingDistributionPoint = "2.5.29.28";
inline constexpr std::string_view kCertificateIssuer = "2.5.29.29";
inline constexpr std::string_view kNameConstraints = "2.5.29.30";
inline constexpr std::string_view kCrlDistributionPoints = "2.5.29.31";
inline constexpr std::string_view kCertificatePolicies = "2.5.29.32";
inline constexpr std::string_view kAnyPolicy = "2.5.29.32.0";
inline constexpr std::string_view kPolicyMappings = "2.5.29.33";
inline constexpr std::string_view kAuthorityKeyIdentifier = "2.5.29.35";
inline constexpr std::string_view kPolicyConstraints = "2.5.29.36";
inline constexpr std::string_view kExtendedKeyUsage = "2.5.29.37";
inline constexpr std::string_view kAnyExtendedKeyUsage = "2.5.29.37.0";
inline constexpr std::string_view kFreshestCrl = "2.5.29.46";
inline constexpr std::string_view kInhibitAnyPolicy = "2.5.29.54";
inline constexpr std::string_view kAuthorityInfoAccess = "1.3.6.1.5.5.7.1.1";
inline constexpr std::string_view kOcsp = "1.3.6.1.5.5.7.48.1";
inline constexpr std::string_view kServerAuth = "1.3.6.1.5.5.7.3.1";
inline constexpr std::string_view kClientAuth = "1.3.6.1.5.5.7.3.2";
inline constexpr std::string_view kCodeSigning = "1.3.6.1.5.5.7.3.3";
inline constexpr std::string_view kEmailProtection = "1.3.6.1.5.5.7.3.4";
inline constexpr std::string_view kSmartcardLogon = "1.3.6.1.4.1.311.20.2.2";
}  // namespace oid

// keyUsage bits, RFC 5280 4.2.1.3; bit n of the BIT STRING is 1 << n here.
enum KeyUsage : std::uint16_t {
  kDigitalSignature = 1 << 0,
  kNonRepudiation = 1 << 1,
  kKeyEncipherment = 1 << 2,
  kDataEncipherment = 1 << 3,
  kKeyAgreement = 1 << 4,
  kKeyCertSign = 1 << 5,
  kCrlSign = 1 << 6,
  kEncipherOnly = 1 << 7,
  kDecipherOnly = 1 << 8,
};

struct BasicConstraints {
  bool is_ca = false;
  std::optional<unsigned> path_length;
};

struct PolicyMapping {
  std::string issuer_domain_policy;  // dotted OIDs
  std::string subject_domain_policy;
};

// RFC 5280 4.2.1.11: numbers of further certificates.
struct PolicyConstraints {
  std::optional<unsigned> require_explicit_policy;
  std::optional<unsigned> inhibit_policy_mapping;
};

struct Extension {
  std::string oid;  // dotted
  bool critical = false;
  Bytes value;  // the contents of extnValue
};

// One Extension as it stands, without an allocation: for CRLs with a million entries.
struct EncodedExtension {
  Bytes oid;  // contents of the OBJECT IDENTIFIER
  bool critical = false;
  Bytes value;
};
std::optional<EncodedExtension> read_extension(asn1::DerReader& reader);

// Decodes the contents of an Extensions SEQUENCE. An empty list, a second extension of the same OID or more
// than kMaxExtensions are errors. The views point into `contents`.
inline constexpr std::size_t kMaxExtensions = 64;
Expected<std::vector<Extension>, std::string> decode_extensions(Bytes contents);

// The contents of AuthorityKeyIdentifier's keyIdentifier; nothing inside when only issuer and serial are
// given.
Expected<std::optional<Bytes>, std::string> decode_authority_key_identifier(Bytes value);

// What certificate extensions say. Views point into what was decoded.
struct CertificateExtensions {
  std::optional<std::uint16_t> key_usage;
  std::optional<BasicConstraints> basic_constraints;
  std::vector<std::string> extended_key_usages;
  std::vector<std::string> policies;
  bool policy_qualifiers_known = true;  // each a cPSuri or a userNotice, and well-formed
  std::vector<PolicyMapping> policy_mappings;
  std::optional<PolicyConstraints> policy_constraints;
  std::optional<unsigned> inhibit_any_policy;
  std::optional<NameConstraints> name_constraints;
  std::vector<GeneralName> subject_alt_names;
  std::optional<Bytes> subject_key_identifier;
  std::optional<Bytes> authority_key_identifier;
  std::vector<Bytes> crl_distribution_points;
  std::vector<std::string> ocsp_uris;
};
Expected<CertificateExtensions, std::string> decode_certificate_extensions(
    const std::vector<Extension>& extensions);

}  // namespace jpki::x509
