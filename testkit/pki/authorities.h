// SPDX-License-Identifier: LGPL-2.1-or-later
//
// The certification authorities of the test PKI: JPKI-TEST generations under one DN, LGPKI-TEST roots with an
// organization CA below each, and two that nobody should trust.
#pragma once

#include "base/time.h"
#include "testkit/pki/names.h"
#include "testkit/pki/private_key.h"

#include <array>
#include <string>
#include <string_view>
#include <vector>

namespace jpki::testpki {

// What the whole tree follows from.
struct Settings {
  std::string seed;
  Time date;  // 00:00Z of the day on which the PKI is to be used
  std::string ocsp_url;
  unsigned people = 0;  // good cards besides, to which no account is bound

  // The seed text of one key: different for every label.
  std::string seed_for(std::string_view label) const { return seed + "/" + std::string(label); }
};

struct Authority {
  std::string name;  // folder below ca/: "jpki-auth-g3"
  std::vector<Attribute> subject;
  Blob serial;  // of its certificate
  std::vector<Attribute> issuer;
  PrivateKey key;
  Time not_before, not_after;
  Blob certificate;

  Blob subject_der() const { return distinguished_name(subject); }
  Blob issuer_der() const { return distinguished_name(issuer); }
};

struct Authorities {
  std::array<Authority, 3> jpki_auth;           // generations 1 (just expired), 2 and 3
  Authority jpki_sign;                          // issues signature certificates; no anchor
  std::array<Authority, 2> lgpki_root;          // generations 3 and 4
  std::array<Authority, 2> lgpki_organization;  // below the root of the same index
  Authority impostor;                           // JPKI-TEST's DN, a key of its own
  Authority card_only;                          // a DN of its own, found on a card and nowhere else

  std::vector<const Authority*> all() const;
};

Authorities make_authorities(const Settings& settings);

}  // namespace jpki::testpki
