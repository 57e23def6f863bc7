// SPDX-License-Identifier: LGPL-2.1-or-later
//
// RoleAccounts: an account map in which role certificates (職責証明書) lead to role accounts alone, whatever
// a line binds them to. A role certificate passes from one holder to the next; a person's account must not.
#pragma once

#include "validator/map/account_map.h"

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

namespace jpki::map {

class RoleAccounts final : public AccountMap {
 public:
  // `accounts`: the role accounts.
  RoleAccounts(std::unique_ptr<AccountMap> map, std::vector<std::string> accounts)
      : map_(std::move(map)), accounts_(std::move(accounts)) {}

  Expected<std::string, MapError> account_of(const path::VerifiedCertificate& certificate) const override {
    return allowed(map_->account_of(certificate), certificate.kind());
  }
  Expected<std::string, MapError> account_of_strings(const std::vector<std::string>& mappings,
                                                     x509::Kind kind) const override {
    return allowed(map_->account_of_strings(mappings, kind), kind);
  }

 private:
  Expected<std::string, MapError> allowed(Expected<std::string, MapError> account,
                                          std::optional<x509::Kind> kind) const {
    if (!account || kind != x509::Kind::kLgpkiRole) return account;
    if (std::ranges::find(accounts_, *account) != accounts_.end()) return account;
    return Unexpected{MapError{Verdict::kKindLgpkiRole, "a role certificate is bound to " + *account +
                                                            ", which account.role_accounts does not name"}};
  }

  std::unique_ptr<AccountMap> map_;
  std::vector<std::string> accounts_;
};

}  // namespace jpki::map
