// SPDX-License-Identifier: LGPL-2.1-or-later
#include "testkit/pki/authorities.h"

#include "testkit/pki/certificate_builder.h"
#include "testkit/pki/lgpki_policies.h"

namespace jpki::testpki {

namespace {

using std::chrono::days;

constexpr days kTenYears{3653};
constexpr days kTwentyYears{7305};
// Certificates run from midnight to the last second of a day in Japan.
constexpr std::chrono::hours kJapan{9};
constexpr std::chrono::seconds kLastSecond{-1};

constexpr char kAgency[] = "Japan Agency for Local Authority Information Systems";

struct Window {
  Time not_before, not_after;
};

Window window(Time start, days length) {
  return {start - kJapan, start + length - kJapan + kLastSecond};
}

CertificateBuilder authority_certificate(const Authority& authority) {
  CertificateBuilder builder;
  builder.serial = authority.serial;
  builder.issuer = authority.issuer_der();
  builder.subject = authority.subject_der();
  builder.not_before = authority.not_before;
  builder.not_after = authority.not_after;
  builder.subject_public_key_info = authority.key.subject_public_key_info();
  builder.add(basic_constraints(true))
      .add(key_usage({KeyUsage::kKeyCertSign, KeyUsage::kCrlSign}))
      .add(subject_key_identifier(authority.key.key_identifier()));
  return builder;
}

Authority root(const Settings& settings, const std::string& name, const std::vector<Attribute>& subject,
               std::uint8_t serial, Window window) {
  PrivateKey key = PrivateKey::rsa(settings.seed_for("ca/" + name));
  Authority authority{name,           subject,           Blob{serial},     subject,
                      std::move(key), window.not_before, window.not_after, {}};
  authority.certificate = authority_certificate(authority).sign(authority.key);
  return authority;
}

std::vector<Attribute> jpki_name(std::string_view service) {
  return {country("JP"), organization("JPKI-TEST"), organizational_unit(service),
          organizational_unit(kAgency)};
}

// Like the real ones: ten years each, overlapping; the first has just run out.
Authority jpki_auth(const Settings& settings, unsigned generation) {
  constexpr days kStart[] = {-kTenYears - days(30), days(-2260), days(-860)};
  return root(settings, "jpki-auth-g" + std::to_string(generation), jpki_name("JPKI for user authentication"),
              static_cast<std::uint8_t>(generation),
              window(settings.date + kStart[generation - 1], kTenYears));
}

// LGPKI-TEST writes its names as PrintableString, JPKI-TEST as UTF8String: both occur in the field.
Authority lgpki_root(const Settings& settings, unsigned generation) {
  const std::string number = std::to_string(generation);
  const std::vector<Attribute> subject = {
      country("JP"), organization("LGPKI-TEST", der::kPrintableString),
      common_name("Application CA G" + number + " Root", der::kPrintableString)};
  const days start = generation == 3 ? days(-4200) : days(-3200);
  return root(settings, "lgpki-g" + number, subject, static_cast<std::uint8_t>(generation),
              window(settings.date + start, kTwentyYears));
}

Authority lgpki_organization(const Settings& settings, const Authority& parent, unsigned generation) {
  const std::string name = "lgpki-org-g" + std::to_string(generation);
  const std::vector<Attribute> subject = {
      country("JP"), organization("LGPKI-TEST", der::kPrintableString),
      organizational_unit("Organization CA G" + std::to_string(generation), der::kPrintableString)};
  const Window validity = window(settings.date - days(900), kTenYears);
  Authority authority{name,
                      subject,
                      Blob{0x10, static_cast<std::uint8_t>(generation)},
                      parent.subject,
                      PrivateKey::rsa(settings.seed_for("ca/" + name)),
                      validity.not_before,
                      validity.not_after,
                      {}};
  std::vector<std::string> policies;
  for (const LgpkiPolicy& policy : kLgpkiPolicies) policies.emplace_back(policy.oid);
  CertificateBuilder builder = authority_certificate(authority);
  builder.replace(basic_constraints(true, 0))
      .add(authority_key_identifier(parent.key.key_identifier()))
      .add(certificate_policies(policies))
      .add(crl_distribution_points({distribution_point_name(directory_name(parent.subject_der()))}));
  authority.certificate = builder.sign(parent.key);
  return authority;
}

}  // namespace

std::vector<const Authority*> Authorities::all() const {
  return {&jpki_auth[0],  &jpki_auth[1],          &jpki_auth[2],          &jpki_sign, &lgpki_root[0],
          &lgpki_root[1], &lgpki_organization[0], &lgpki_organization[1], &impostor,  &card_only};
}

Authorities make_authorities(const Settings& settings) {
  const Window current = window(settings.date - days(860), kTenYears);
  Authority g3 = lgpki_root(settings, 3), g4 = lgpki_root(settings, 4);
  Authority organization_g3 = lgpki_organization(settings, g3, 3);
  Authority organization_g4 = lgpki_organization(settings, g4, 4);
  return {
      .jpki_auth = {jpki_auth(settings, 1), jpki_auth(settings, 2), jpki_auth(settings, 3)},
      .jpki_sign = root(settings, "jpki-sign-g3", jpki_name("JPKI for digital signature"), 3, current),
      .lgpki_root = {std::move(g3), std::move(g4)},
      .lgpki_organization = {std::move(organization_g3), std::move(organization_g4)},
      .impostor = root(settings, "impostor", jpki_name("JPKI for user authentication"), 3, current),
      .card_only = root(settings, "card-ca",
                        {country("JP"), organization("JPKI-TEST"), common_name("Nobody's CA")}, 1, current),
  };
}

}  // namespace jpki::testpki
