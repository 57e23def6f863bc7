// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Certificates for the suites of validator/{x509,trust,revocation,map}: an authority of JPKI's shape and
// people below it, made in process. Everything is a builder, so that a test changes the one thing it is
// about.
#pragma once

#include "testkit/pki/certificate_builder.h"
#include "tests/unit/support/expect.h"
#include "validator/path/path.h"
#include "validator/trust/trust_store.h"

#include <map>

namespace jpki::test {

namespace pki = jpki::testpki;
namespace der = jpki::testpki::der;

inline constexpr Time kNow{std::chrono::sys_days(std::chrono::year(2024) / 6 / 1)};
inline constexpr std::chrono::hours kDay{24};
inline constexpr char kAuthPolicy[] = "1.2.392.200149.8.5.1.3.30";
inline constexpr char kAnyPolicy[] = "2.5.29.32.0";

// Made once: a test program asks for its keys before Check forks.
inline const pki::PrivateKey& key(const std::string& name) {
  static std::map<std::string, pki::PrivateKey> keys;
  const auto found = keys.find(name);
  if (found != keys.end()) return found->second;
  return keys
      .emplace(name, name.starts_with("p384") ? pki::PrivateKey::p384(name)
                                              : pki::PrivateKey::rsa(name, name == "short" ? 1024 : 2048))
      .first->second;
}

// All generations of an authority share this name, as JPKI's do.
inline Blob authority_name(std::uint8_t tag = der::kUtf8String) {
  return pki::distinguished_name({pki::country("JP"), pki::organization("JPKI-TEST", tag),
                                  pki::organizational_unit("JPKI for user authentication", tag),
                                  pki::organizational_unit("Test Agency", tag)});
}

inline Blob person_name(std::string_view id = "AB12CD34EF56GH13101003A") {
  return pki::distinguished_name({pki::country("JP"), pki::common_name(id, der::kPrintableString)});
}

// A certificate of `subject` with `subject_key`, still without extensions.
inline pki::CertificateBuilder builder(const Blob& issuer, const Blob& subject,
                                       const pki::PrivateKey& subject_key) {
  pki::CertificateBuilder certificate;
  certificate.serial = {0x00, 0x8f, 0x01, 0x02, 0x03};
  certificate.issuer = issuer;
  certificate.subject = subject;
  certificate.not_before = kNow - 365 * kDay;
  certificate.not_after = kNow + 365 * kDay;
  certificate.subject_public_key_info = subject_key.subject_public_key_info();
  return certificate;
}

// For any policy: without certificatePolicies an intermediate would end all of them, RFC 5280 6.1.3(e).
inline pki::CertificateBuilder authority(const Blob& issuer, const Blob& subject,
                                         const std::string& key_name) {
  auto certificate = builder(issuer, subject, key(key_name));
  certificate.serial = {0x01};
  certificate.add(pki::basic_constraints(true))
      .add(pki::key_usage({pki::KeyUsage::kKeyCertSign, pki::KeyUsage::kCrlSign}))
      .add(pki::certificate_policies({kAnyPolicy}))
      .add(pki::subject_key_identifier(key(key_name).key_identifier()));
  return certificate;
}

// The self-signed certificate of a generation.
inline Blob root(const std::string& key_name = "root") {
  return authority(authority_name(), authority_name(), key_name).sign(key(key_name));
}

// The DistributionPointName of a municipality's partition.
inline Blob partition(std::string_view city, std::uint8_t tag = der::kUtf8String) {
  return pki::distribution_point_name(pki::directory_name(pki::distinguished_name(
      {pki::country("JP"), pki::organization("JPKI-TEST", tag),
       pki::organizational_unit("CRL Distribution Points", tag), pki::common_name(city, tag)})));
}

// A user authentication certificate with JPKI's profile; still to be signed.
inline pki::CertificateBuilder person(const Blob& issuer = authority_name(),
                                      const std::string& issuer_key = "root") {
  auto certificate = builder(issuer, person_name(), key("person"));
  certificate.add(pki::key_usage({pki::KeyUsage::kDigitalSignature}))
      .add(pki::extended_key_usage({pki::oid::kClientAuth}))
      .add(pki::certificate_policies({kAuthPolicy}, true))
      .add(pki::subject_key_identifier(key("person").key_identifier()))
      .add(pki::authority_key_identifier(key(issuer_key).key_identifier()))
      .add(pki::crl_distribution_points({partition("Chiyoda CRLDP")}));
  return certificate;
}

// A certificate of the person with this extension in place of the profile's.
inline Blob signed_person(const pki::Extension& extension) {
  return person().replace(extension).sign(key("root"));
}

// The key of a SubjectPublicKeyInfo under another AlgorithmIdentifier.
inline Blob with_key_algorithm(const Blob& subject_public_key_info, const Blob& algorithm) {
  asn1::DerReader fields(*asn1::read_only(subject_public_key_info, asn1::kSequence));
  fields.read();
  return der::sequence({Bytes(algorithm), fields.rest()});
}
// What RSA keys may be said to be; the first is the usual one.
inline std::vector<Blob> rsa_key_algorithms() {
  const auto algorithm = [](const char* oid, const Blob& parameters) {
    return der::sequence({Bytes(der::oid(oid)), Bytes(parameters)});
  };
  return {algorithm("1.2.840.113549.1.1.1", der::null()),
          algorithm("1.2.840.113549.1.1.1", {}),
          algorithm("1.2.840.113549.1.1.10", {}),
          algorithm("2.5.8.1.1", der::integer(2048)),
          algorithm("2.5.8.1.1", {}),
          algorithm("1.2.840.113549.1.1.1", der::integer(1))};
}

inline x509::Certificate decoded(const Blob& bytes) {
  auto certificate = x509::Certificate::decode(bytes);
  if (!certificate) ck_abort_msg("does not decode: %s", certificate.error().c_str());
  return std::move(*certificate);
}

inline trust::Anchor anchor(const Blob& bytes, std::string name = "g1") {
  return {std::move(name), decoded(bytes), {x509::Kind::kJpkiAuthentication}, {}, {}};
}

inline trust::TrustStore store_of(const Blob& bytes) {
  trust::TrustStore store;
  store.push_back(anchor(bytes));
  return store;
}

inline path::PathPolicy jpki_policy() {
  return {
      .initial_policies = {kAuthPolicy}, .explicit_policy = true, .kind = x509::Kind::kJpkiAuthentication};
}

}  // namespace jpki::test
