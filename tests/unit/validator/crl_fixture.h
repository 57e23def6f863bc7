// SPDX-License-Identifier: LGPL-2.1-or-later
//
// CRLs for the certificates of pki_fixture.h.
#pragma once

#include "testkit/pki/crl_builder.h"
#include "tests/unit/validator/pki_fixture.h"

namespace jpki::test {

inline const Blob kPersonSerial{0x00, 0x8f, 0x01, 0x02, 0x03};

inline pki::CrlBuilder full_crl(const Blob& issuer = authority_name()) {
  pki::CrlBuilder crl;
  crl.issuer = issuer;
  crl.this_update = kNow - std::chrono::hours(6);
  crl.next_update = kNow + std::chrono::hours(18);
  crl.add(pki::crl_number(7));
  crl.revoke(Blob{0x11}, kNow - 30 * kDay);
  crl.revoke(Blob{0x12}, kNow - 20 * kDay, std::uint8_t{1});
  return crl;
}

inline pki::CrlBuilder scoped_crl(const pki::IssuingDistributionPoint& point) {
  return full_crl().add(pki::issuing_distribution_point(point));
}

inline pki::CrlBuilder city_crl(std::string_view city, std::uint8_t tag = der::kUtf8String) {
  return scoped_crl({.distribution_point = partition(city, tag)});
}

inline constexpr std::uint8_t kCertificateHold = 6;

}  // namespace jpki::test
