// SPDX-License-Identifier: LGPL-2.1-or-later
#include "validator/map/snapshot_map.h"

#include "validator/map/mapping_strings.h"

#include <optional>

namespace jpki::map {
namespace {

using ad::snapshot::AccountFields;
using ad::snapshot::BindingFields;
using ad::snapshot::FileKind;
using ad::snapshot::FileState;
using ad::snapshot::Look;
using ad::snapshot::MappedFile;
using ad::snapshot::RestrictedView;

constexpr std::uint32_t kDisabled = 0x2;  // [MS-ADTS] 2.2.16, D

std::string why(FileState state) {
  switch (state) {
    case FileState::kGood:
      break;
    case FileState::kAbsent:
      return "does not exist; run: nss-ad-refresh";
    case FileState::kForbidden:
      return "cannot be read by " JPKI_HELPER_USER "; run: nss-ad-refresh";
    case FileState::kUnsafe:
      return "can be written by users other than root, or read by others; run: nss-ad-refresh";
    case FileState::kForeign:
    case FileState::kDamaged:
      return "is damaged; run: nss-ad-refresh";
    case FileState::kTooNew:
      return "was written by a newer version; upgrade this package";
    case FileState::kSystem:
      return "cannot be mapped: no memory or descriptors";
  }
  return "";
}

// Every string of the certificate that may name its account, canonical.
std::vector<std::string> strings_of(const path::VerifiedCertificate& certificate) {
  std::vector<std::string> strings = strong_mapping_strings(certificate.leaf());
  for (std::string& weak : weak_mapping_strings(certificate.leaf(), mapping::kAllWeakForms))
    strings.push_back(std::move(weak));
  std::vector<std::string> canonical;
  for (const std::string& string : strings)
    if (auto mapping = mapping::canonical_mapping(string, mapping::kAllWeakForms))
      canonical.push_back(std::move(*mapping));
  return canonical;
}

// The accounts that the certificate is bound to: at most one, or it refuses.
class Search {
 public:
  explicit Search(RestrictedView view) : view_(view) {}

  // False when the file is damaged.
  bool add(const std::string& mapping, bool names_one) {
    BindingFields binding{};
    const Look look = view_.binding(mapping.data(), mapping.size(), binding);
    if (look != Look::kFound) return look == Look::kNone;
    if (!names_one) {
      too_weak_ = true;
      return true;
    }
    for (std::uint32_t n = 0; n < binding.account_count; ++n) {
      AccountFields account{};
      if (view_.bound_account(binding, n, account) != Look::kFound) return false;
      if (found_ && found_->uid != account.uid) several_ = true;
      found_ = account;
    }
    return true;
  }
  const std::optional<AccountFields>& found() const { return found_; }
  bool several() const { return several_; }
  bool too_weak() const { return too_weak_; }

 private:
  RestrictedView view_;
  std::optional<AccountFields> found_;
  bool several_ = false;
  bool too_weak_ = false;
};

}  // namespace

Expected<SnapshotMap, MapError> SnapshotMap::open(const std::string& directory,
                                                  std::vector<std::string> role_groups, uid_t owner) {
  const std::string users_path = directory + "/" + ad::snapshot::kUsersFile;
  const std::string restricted_path = directory + "/" + ad::snapshot::kRestrictedFile;
  auto users = std::make_unique<MappedFile>(users_path.c_str(), FileKind::kUsers, owner);
  if (users->state() != FileState::kGood)
    return Unexpected{MapError{Verdict::kMapUnusable, users_path + ": " + why(users->state())}};
  auto restricted = std::make_unique<MappedFile>(restricted_path.c_str(), FileKind::kRestricted, owner);
  if (restricted->state() != FileState::kGood)
    return Unexpected{MapError{Verdict::kMapUnusable, restricted_path + ": " + why(restricted->state())}};
  return SnapshotMap(directory, std::move(users), std::move(restricted), std::move(role_groups));
}

Unexpected<MapError> SnapshotMap::damaged() const {
  return Unexpected{
      MapError{Verdict::kMapUnusable, directory_ + ": a snapshot is damaged; run: nss-ad-refresh"}};
}

Expected<std::string, MapError> SnapshotMap::account_of(const path::VerifiedCertificate& certificate) const {
  const x509::Kind kind = certificate.kind().value_or(x509::Kind::kJpkiAuthentication);
  return account_of_strings(strings_of(certificate), kind);
}

Expected<std::string, MapError> SnapshotMap::account_of_strings(const std::vector<std::string>& mappings,
                                                                x509::Kind kind) const {
  Search search(restricted());
  for (const std::string& mapping : mappings)
    if (!search.add(mapping, names_one_certificate(mapping, kind))) return damaged();
  if (search.several())
    return Unexpected{MapError{Verdict::kMappingAmbiguous,
                               "altSecurityIdentities binds the certificate to several accounts; remove it "
                               "from all but one, then run: nss-ad-refresh"}};
  if (!search.found() && search.too_weak())
    return Unexpected{
        MapError{Verdict::kNotMapped,
                 "all JPKI generations share one issuer name, so <I>…<SR>… does not name one "
                 "certificate; put X509:<SKI>… or X509:<SHA1-PUKEY>… into altSecurityIdentities"}};
  if (!search.found())
    return Unexpected{MapError{Verdict::kNotMapped,
                               "no altSecurityIdentities names this certificate; add it to the account, then "
                               "run: nss-ad-refresh"}};
  const AccountFields& account = *search.found();
  std::string name(account.name.bytes, account.name.size);
  if ((account.user_account_control & kDisabled) != 0)
    return Unexpected{
        MapError{Verdict::kAccountDisabled, "the account " + name + " is disabled in the directory"}};
  if (kind == x509::Kind::kLgpkiRole) {
    const auto role = has_role(name);
    if (!role) return Unexpected{role.error()};
    if (!*role)
      return Unexpected{MapError{Verdict::kKindLgpkiRole,
                                 "the account " + name + " is in no group of account.role_groups"}};
  }
  return name;
}

Expected<bool, MapError> SnapshotMap::has_role(const std::string& account) const {
  const ad::snapshot::UsersView view = users();
  ad::snapshot::UserFields user{};
  ad::snapshot::Memberships memberships{};
  if (view.user_by_name(account.data(), account.size(), user) != Look::kFound ||
      view.memberships(user, memberships) != Look::kFound)
    return damaged();
  for (const std::string& name : role_groups_) {
    ad::snapshot::GroupFields group{};
    const Look look = view.group_by_name(name.data(), name.size(), group);
    if (look == Look::kDamaged) return damaged();
    if (look == Look::kNone) continue;
    if (group.gid == user.gid) return true;
    for (std::uint32_t i = 0; i < memberships.gid_count; ++i)
      if (ad::snapshot::format::load<std::uint32_t>(memberships.gids + 4 * std::size_t{i}) == group.gid)
        return true;
  }
  return false;
}

Time SnapshotMap::synchronized() const {
  return Time(std::chrono::seconds(restricted().synchronized()));
}
std::uint32_t SnapshotMap::account_count() const {
  return restricted().user_count();
}
std::uint32_t SnapshotMap::binding_count() const {
  return restricted().second_count();
}

}  // namespace jpki::map
