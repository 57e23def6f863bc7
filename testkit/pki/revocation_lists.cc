// SPDX-License-Identifier: LGPL-2.1-or-later
#include "testkit/pki/revocation_lists.h"

#include "testkit/pki/crl_builder.h"

#include <algorithm>

namespace jpki::testpki {

namespace {

using std::chrono::days;

constexpr std::uint8_t kCessationOfOperation = 5;
constexpr std::uint8_t kKeyCompromise = 1;

std::string lower_case(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? char(c + 32) : c; });
  return text;
}

CrlBuilder revocation_list(const Authority& issuer, Time this_update, const IssuingDistributionPoint& scope) {
  CrlBuilder builder;
  builder.issuer = issuer.subject_der();
  builder.this_update = this_update;
  builder.next_update = this_update + days(8);
  const auto day = std::chrono::floor<days>(this_update).time_since_epoch().count();
  builder.add(authority_key_identifier(issuer.key.key_identifier()))
      .add(crl_number(static_cast<std::uint64_t>(day)))
      .add(issuing_distribution_point(scope));
  return builder;
}

// Revocations of certificates that nobody holds: a CRL is rarely empty.
void revoke_others(CrlBuilder& builder, Time date) {
  for (std::uint8_t i = 1; i <= 5; ++i) {
    builder.revoke(Blob{0x11, i, 0x5a, i}, date - days(30 * i),
                   i % 2 == 0 ? kKeyCompromise : kCessationOfOperation);
  }
}

CrlBuilder municipal_list(const Authority& issuer, Time this_update, const Municipality& municipality) {
  const Blob name = directory_name(crl_distribution_point(kAuthenticationService, municipality));
  CrlBuilder builder =
      revocation_list(issuer, this_update, {.distribution_point = distribution_point_name(name)});
  revoke_others(builder, this_update);
  return builder;
}

}  // namespace

std::map<std::string, Blob> make_revocation_lists(const Settings& settings, const Authorities& authorities,
                                                  const std::vector<Member>& members) {
  const Time fresh = settings.date - days(1);
  std::map<std::string, Blob> files;
  const auto file = [&](const Authority& issuer, std::string_view scope) -> Blob& {
    return files[issuer.name + "-" + lower_case(std::string(scope)) + ".crl"];
  };

  const auto revoked =
      std::find_if(members.begin(), members.end(), [](const Member& m) { return m.name == "revoked"; });
  for (const Authority& issuer : authorities.jpki_auth) {
    for (const Municipality& municipality : {kKasumi, kHibiki}) {
      CrlBuilder builder = municipal_list(issuer, fresh, municipality);
      const bool names_revoked = &issuer == &authorities.jpki_auth[2] && municipality.city == kKasumi.city;
      if (names_revoked) builder.revoke(revoked->serial, fresh - days(3), kCessationOfOperation);
      file(issuer, municipality.city) = builder.sign(issuer.key);
    }
  }

  const Authority& g3 = authorities.jpki_auth[2];
  file(g3, kStaleCrl.city) = municipal_list(g3, settings.date - days(30), kStaleCrl).sign(g3.key);
  file(g3, kWrongCity.city) = municipal_list(g3, fresh, kHibiki).sign(g3.key);
  CrlBuilder broken = municipal_list(g3, fresh, kBadCrl);
  broken.signature.corrupt = true;
  file(g3, kBadCrl.city) = broken.sign(g3.key);

  for (std::size_t i = 0; i < authorities.lgpki_root.size(); ++i) {
    const Authority &root = authorities.lgpki_root[i], &organization = authorities.lgpki_organization[i];
    file(root, "arl") = revocation_list(root, fresh, {.only_contains_ca_certs = true}).sign(root.key);
    CrlBuilder staff = revocation_list(organization, fresh, {.only_contains_user_certs = true});
    revoke_others(staff, fresh);
    file(organization, "crl") = staff.sign(organization.key);
  }
  return files;
}

}  // namespace jpki::testpki
