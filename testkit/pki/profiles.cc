// SPDX-License-Identifier: LGPL-2.1-or-later
#include "testkit/pki/profiles.h"

namespace jpki::testpki {

namespace {

using std::chrono::days;

CertificateBuilder holder_certificate(const Settings& settings, const Authority& issuer,
                                      const Holder& holder) {
  CertificateBuilder builder;
  builder.serial = holder.serial;
  builder.issuer = issuer.subject_der();
  builder.not_before = settings.date - days(400);
  builder.not_after = builder.not_before + days(1826);
  builder.subject_public_key_info = holder.subject_public_key_info;
  return builder;
}

// What the two JPKI certificates of a card have in common.
CertificateBuilder jpki_certificate(const Settings& settings, const Authority& issuer,
                                    std::string_view service, const Municipality& municipality,
                                    const Holder& holder) {
  CertificateBuilder builder = holder_certificate(settings, issuer, holder);
  builder.subject =
      distinguished_name({country("JP"), common_name(holder.identifier + municipality.code + "003A")});
  builder
      .add(crl_distribution_points(
          {distribution_point_name(directory_name(crl_distribution_point(service, municipality)))}))
      .add(authority_info_access_ocsp(settings.ocsp_url))
      .add(authority_key_identifier(issuer.key.key_identifier(), issuer.issuer_der(), issuer.serial))
      .add(subject_key_identifier(holder.key_identifier));
  return builder;
}

}  // namespace

Blob crl_distribution_point(std::string_view service, const Municipality& municipality) {
  return distinguished_name({country("JP"), organization("JPKI-TEST"), organizational_unit(service),
                             organizational_unit("CRL Distribution Points"),
                             organizational_unit("Rehearsal-ken"),
                             common_name(std::string(municipality.city) + "-shi CRLDP")});
}

CertificateBuilder authentication_certificate(const Settings& settings, const Authority& issuer,
                                              const Municipality& municipality, const Holder& holder) {
  CertificateBuilder builder =
      jpki_certificate(settings, issuer, kAuthenticationService, municipality, holder);
  builder.add(key_usage({KeyUsage::kDigitalSignature}))
      .add(extended_key_usage({oid::kClientAuth}))
      .add(certificate_policies({kJpkiAuthenticationPolicy}, true));
  return builder;
}

CertificateBuilder signature_certificate(const Settings& settings, const Authority& issuer,
                                         const Municipality& municipality, const Holder& holder) {
  CertificateBuilder builder = jpki_certificate(settings, issuer, kSignatureService, municipality, holder);
  const auto personal = [](const char* type, std::string_view value) {
    return other_name(type, der::text(der::kUtf8String, value));
  };
  builder.add(key_usage({KeyUsage::kNonRepudiation}))
      .add(certificate_policies({kJpkiSignaturePolicy}, true))
      .add(subject_alt_name({personal("2.999.2.1", "見本 " + holder.identifier),
                             personal("2.999.2.2", "20000401"),
                             personal("2.999.2.3", "練習県見本市一丁目1番")}));
  return builder;
}

CertificateBuilder staff_certificate(const Settings& settings, const Authority& issuer,
                                     const StaffProfile& profile, const Holder& holder) {
  CertificateBuilder builder = holder_certificate(settings, issuer, holder);
  builder.subject = distinguished_name({country("JP"), organization("LGPKI-TEST", der::kPrintableString),
                                        organizational_unit("Rehearsal City", der::kPrintableString),
                                        common_name(holder.identifier, der::kPrintableString)});
  builder.add(key_usage(profile.usages));
  if (!profile.purposes.empty()) builder.add(extended_key_usage(profile.purposes));
  builder.add(certificate_policies({profile.policy}))
      .add(crl_distribution_points({distribution_point_name(directory_name(issuer.subject_der()))}))
      .add(authority_key_identifier(issuer.key.key_identifier()))
      .add(subject_key_identifier(holder.key_identifier));
  return builder;
}

CertificateBuilder ocsp_responder_certificate(Bytes issuer_name, const PrivateKey& key, Time not_before,
                                              Time not_after) {
  CertificateBuilder builder;
  builder.serial = {0x0c, 0x59};
  builder.issuer = to_blob(issuer_name);
  builder.subject =
      distinguished_name({country("JP"), organization("JPKI-TEST"), common_name("OCSP responder")});
  builder.not_before = not_before;
  builder.not_after = not_after;
  builder.subject_public_key_info = key.subject_public_key_info();
  builder.add(key_usage({KeyUsage::kDigitalSignature}))
      .add(extended_key_usage({oid::kOcspSigning}))
      .add({oid::kOcspNoCheck, false, der::null()})
      .add(subject_key_identifier(key.key_identifier()));
  return builder;
}

}  // namespace jpki::testpki
