// SPDX-License-Identifier: LGPL-2.1-or-later
//
// AccountMap from the snapshots of Active Directory (nss_ad/snapshot): altSecurityIdentities as
// nss-ad-refresh wrote them. Weak strings are looked up as well: only those that ad.toml allows are in there.
#pragma once

#include "base/time.h"
#include "nss_ad/snapshot/snapshot_file.h"
#include "validator/map/account_map.h"

#include <memory>
#include <string>
#include <vector>

namespace jpki::map {

class SnapshotMap final : public AccountMap {
 public:
  // Maps both snapshots of `directory`; no file is opened later. `role_groups`: role certificates log in to
  // members of these groups alone.
  static Expected<SnapshotMap, MapError> open(const std::string& directory,
                                              std::vector<std::string> role_groups, uid_t owner = 0);

  // kNotMapped, kMappingAmbiguous (two accounts for one certificate), kMapUnusable (a damaged file),
  // kKindLgpkiRole, and kAccountDisabled: a locker may never come to the account step.
  Expected<std::string, MapError> account_of(const path::VerifiedCertificate& certificate) const override;
  Expected<std::string, MapError> account_of_strings(const std::vector<std::string>& mappings,
                                                     x509::Kind kind) const override;

  Time synchronized() const;
  std::uint32_t account_count() const;
  std::uint32_t binding_count() const;

 private:
  using File = std::unique_ptr<ad::snapshot::MappedFile>;
  SnapshotMap(std::string directory, File users, File restricted, std::vector<std::string> role_groups)
      : directory_(std::move(directory)),
        users_(std::move(users)),
        restricted_(std::move(restricted)),
        role_groups_(std::move(role_groups)) {}

  ad::snapshot::UsersView users() const { return {users_->data(), users_->size()}; }
  ad::snapshot::RestrictedView restricted() const { return {restricted_->data(), restricted_->size()}; }
  Unexpected<MapError> damaged() const;
  // Whether `account` is in one of role_groups_.
  Expected<bool, MapError> has_role(const std::string& account) const;

  std::string directory_;
  File users_;
  File restricted_;
  std::vector<std::string> role_groups_;
};

}  // namespace jpki::map
