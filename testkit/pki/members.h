// SPDX-License-Identifier: LGPL-2.1-or-later
//
// The members of the test PKI: one card each, good or bad in exactly one way.
#pragma once

#include "testkit/pki/authorities.h"
#include "testkit/pki/profiles.h"

#include <optional>
#include <string>
#include <vector>

namespace jpki::testpki {

inline constexpr Municipality kKasumi{"99011", "Kasumi"};
inline constexpr Municipality kHibiki{"99022", "Hibiki"};
inline constexpr Municipality kNoCrl{"99033", "Yukikage"};
inline constexpr Municipality kStaleCrl{"99044", "Furukoyomi"};
inline constexpr Municipality kWrongCity{"99055", "Torichigai"};
inline constexpr Municipality kBadCrl{"99066", "Yaburegami"};

struct KeyedCertificate {
  Blob certificate;
  std::string key_pem;  // PKCS#8
  Blob issuer_certificate;
};

struct Member {
  std::string name;     // folder below cards/
  std::string purpose;  // one line for README.txt
  Blob serial;          // of the certificate in the authentication slot
  KeyedCertificate authentication;
  KeyedCertificate signature;
  std::string mapping;                // one of the strong forms, without the account
  std::vector<std::string> accounts;  // to which accounts.map binds it
};

std::vector<Member> make_members(const Settings& settings, const Authorities& authorities);

}  // namespace jpki::testpki
