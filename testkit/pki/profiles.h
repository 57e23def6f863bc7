// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Certificate profiles: what JPKI and LGPKI put into the certificates of persons. The builders they return
// may be bent before they are signed.
#pragma once

#include "testkit/pki/authorities.h"
#include "testkit/pki/certificate_builder.h"

#include <string>
#include <string_view>
#include <vector>

namespace jpki::testpki {

inline constexpr char kJpkiAuthenticationPolicy[] = "1.2.392.200149.8.5.1.3.30";
inline constexpr char kJpkiSignaturePolicy[] = "1.2.392.200149.8.5.1.1.20";

// A made-up municipality of a made-up prefecture. JPKI has one CRL for each.
struct Municipality {
  const char* code;  // five digits
  const char* city;  // "Kasumi"
};

// The Name in the CRLDP of a certificate and in the IDP of the municipality's CRL.
Blob crl_distribution_point(std::string_view service, const Municipality& municipality);
inline constexpr char kAuthenticationService[] = "JPKI for user authentication";
inline constexpr char kSignatureService[] = "JPKI for digital signature";

// What differs from holder to holder.
struct Holder {
  std::string identifier;  // 14 alphanumerics (JPKI), or a common name (LGPKI)
  Blob serial;             // at most 4 bytes
  Blob subject_public_key_info;
  Blob key_identifier;
};

// 利用者証明用電子証明書 and 署名用電子証明書; valid for five years, 400 days of which are over.
CertificateBuilder authentication_certificate(const Settings& settings, const Authority& issuer,
                                              const Municipality& municipality, const Holder& holder);
CertificateBuilder signature_certificate(const Settings& settings, const Authority& issuer,
                                         const Municipality& municipality, const Holder& holder);

// What makes a kind of LGPKI certificate.
struct StaffProfile {
  const char* policy;
  std::vector<KeyUsage> usages;
  std::vector<std::string> purposes;  // extended key usage; empty leaves the extension out
};
CertificateBuilder staff_certificate(const Settings& settings, const Authority& issuer,
                                     const StaffProfile& profile, const Holder& holder);

// A delegated OCSP responder (RFC 6960 4.2.2.2) of the CA with this Name; all responders share one name.
CertificateBuilder ocsp_responder_certificate(Bytes issuer_name, const PrivateKey& key, Time not_before,
                                              Time not_after);

}  // namespace jpki::testpki
