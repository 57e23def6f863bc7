// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Issuance: makes members one after another; what is not said is good.
#pragma once

#include "testkit/pki/members.h"

#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace jpki::testpki {

class Issuance {
 public:
  // Bends a certificate before it is signed.
  using Adjust = std::function<void(CertificateBuilder&)>;

  // Both must outlive the Issuance.
  Issuance(const Settings& settings, const Authorities& authorities)
      : settings_(settings), authorities_(authorities) {}

  // A JPKI authentication certificate in the authentication slot. The references that these return are good
  // until the next member is made.
  Member& citizen(const std::string& name, const std::string& purpose, const Authority& issuer,
                  const Municipality& municipality, const Adjust& adjust = {});
  // The same with a P-384 key.
  Member& next_generation_citizen(const std::string& name, const std::string& purpose,
                                  const Authority& issuer, const Municipality& municipality);
  // An LGPKI certificate in the authentication slot.
  Member& staff(const std::string& name, const std::string& purpose, const Authority& issuer,
                const StaffProfile& profile);
  // A JPKI signature certificate where the authentication certificate belongs.
  Member& signature_in_wrong_slot(const std::string& name, const std::string& purpose);
  // The certificate of `original` on a card with another key.
  Member& clone(const std::string& name, const std::string& purpose, Member original);

  std::vector<Member> take() { return std::move(members_); }

 private:
  enum class Slot { kAuthentication, kSignature };

  std::string key_seed(Slot slot, const std::string& name) const;
  Holder holder(Slot slot, const std::string& name, const PrivateKey& key) const;
  KeyedCertificate signature_slot(const std::string& name) const;
  std::string mapping(const Authority& issuer, const PrivateKey& key, Bytes serial, Bytes certificate) const;
  Member& add(const std::string& name, const std::string& purpose, const Authority& issuer,
              const PrivateKey& key, const CertificateBuilder& builder);

  const Settings& settings_;
  const Authorities& authorities_;
  std::vector<Member> members_;
};

}  // namespace jpki::testpki
