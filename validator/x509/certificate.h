// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Certificate: one decoded X.509 certificate (RFC 5280 section 4). Decoding says nothing about trust.
//
// Decoded wholly by our own DerReader: the same bytes then decide about the signature, the names and the
// extensions, no field hides behind a missing accessor, and time and memory are linear in kMaxSize. GnuTLS
// does keys, signatures and hashes (signature.h) and sees nothing but a SubjectPublicKeyInfo.
#pragma once

#include "base/bytes.h"
#include "base/expected.h"
#include "base/time.h"
#include "validator/x509/extensions.h"
#include "validator/x509/name.h"

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace jpki::x509 {

struct CertificateFields;

class Certificate {
 public:
  // Decodes exactly one DER certificate; trailing bytes, a second extension of the same OID, a version that
  // does not fit, or more than kMaxSize bytes are errors. The text names the field; it holds no contents.
  // Accepted although DER forbids them, because CAs write them and they say nothing else: an explicit FALSE
  // for `critical` and `cA`. Serial numbers may be negative or zero, RFC 5280 4.1.2.2.
  static constexpr std::size_t kMaxSize = 64 * 1024;
  static Expected<Certificate, std::string> decode(Bytes der);

  Certificate(Certificate&&) noexcept;
  Certificate& operator=(Certificate&&) noexcept;
  ~Certificate();

  // Views into the certificate's own copy of the DER; they live as long as the Certificate.
  Bytes der() const;
  Bytes tbs() const;         // tbsCertificate with its header: what is signed
  Bytes serial() const;      // contents of the INTEGER, as encoded
  Bytes issuer_der() const;  // Name with its header
  Bytes subject_der() const;
  Bytes subject_public_key_info() const;  // with its header
  Bytes signature() const;                // bits of signatureValue
  const std::string& signature_algorithm()
      const;                           // dotted OID; the inner and outer ones are equal, RFC 5280 4.1.1.2
  Bytes signature_parameters() const;  // of the outer AlgorithmIdentifier; may be empty

  const Name& issuer() const;
  const Name& subject() const;
  Time not_before() const;
  Time not_after() const;
  const std::vector<Extension>& extensions() const;
  const Extension* extension(std::string_view oid) const;

  // Decoded extensions; nothing when absent. Malformed ones already failed decode(). All of them, and below
  // those that many ask for.
  const CertificateExtensions& decoded_extensions() const;
  std::optional<std::uint16_t> key_usage() const;
  std::optional<BasicConstraints> basic_constraints() const;
  const std::vector<std::string>& extended_key_usages() const;  // dotted OIDs; empty when absent
  const std::vector<std::string>& policies() const;             // policyIdentifiers; empty when absent
  std::optional<Bytes> subject_key_identifier() const;
  std::optional<Bytes> authority_key_identifier() const;  // keyIdentifier only
  // Every distributionPoint of cRLDistributionPoints as DER DistributionPoint values (4.2.1.13).
  const std::vector<Bytes>& crl_distribution_points() const;
  std::vector<std::string> ocsp_uris() const;  // AIA id-ad-ocsp

  bool self_issued() const;  // subject equals issuer, RFC 5280 7.1

 private:
  explicit Certificate(std::unique_ptr<CertificateFields> fields);
  std::unique_ptr<CertificateFields> fields_;
};

}  // namespace jpki::x509
