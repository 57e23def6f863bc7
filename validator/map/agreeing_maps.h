// SPDX-License-Identifier: LGPL-2.1-or-later
//
// AgreeingMaps: two account maps, of which the first decides and the second may not contradict.
#pragma once

#include "base/ascii_case.h"
#include "validator/map/account_map.h"

#include <algorithm>
#include <memory>

namespace jpki::map {

class AgreeingMaps final : public AccountMap {
 public:
  AgreeingMaps(std::unique_ptr<AccountMap> deciding, std::unique_ptr<AccountMap> agreeing)
      : deciding_(std::move(deciding)), agreeing_(std::move(agreeing)) {}

  Expected<std::string, MapError> account_of(const path::VerifiedCertificate& certificate) const override {
    return agreed([&](const AccountMap& map) { return map.account_of(certificate); });
  }
  Expected<std::string, MapError> account_of_strings(const std::vector<std::string>& mappings,
                                                     x509::Kind kind) const override {
    return agreed([&](const AccountMap& map) { return map.account_of_strings(mappings, kind); });
  }

 private:
  template <class Look>
  Expected<std::string, MapError> agreed(Look look) const {
    auto account = look(*deciding_);
    if (!account) return account;
    const auto other = look(*agreeing_);
    if (!other && other.error().verdict == Verdict::kNotMapped) return account;
    if (!other) return Unexpected{other.error()};
    if (equal_ignoring_case(*account, *other)) return account;
    return Unexpected{MapError{Verdict::kMappingAmbiguous,
                               "the directory binds the certificate to another account than accounts.map; "
                               "remove the line of one that is wrong"}};
  }

  std::unique_ptr<AccountMap> deciding_;
  std::unique_ptr<AccountMap> agreeing_;
};

}  // namespace jpki::map
