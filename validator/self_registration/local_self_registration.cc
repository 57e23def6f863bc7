// SPDX-License-Identifier: LGPL-2.1-or-later
#include "validator/self_registration/local_self_registration.h"

#include "validator/succession/assertion.h"

namespace jpki::self_registration {
namespace {

using succession::Entry;

x509::Kind kind_of(const path::VerifiedCertificate& certificate) {
  return certificate.kind().value_or(x509::Kind::kJpkiAuthentication);
}

std::vector<std::string> names_of(const path::VerifiedCertificate& certificate) {
  return succession::names_of(certificate.leaf(), kind_of(certificate));
}

}  // namespace

LocalSelfRegistration::LocalSelfRegistration(const Start& start, const config::SelfRegistrationPolicy& policy,
                                             const map::AccountMap& accounts, const std::string& directory,
                                             uid_t owner, const Ordinary& ordinary)
    : service_(start.service),
      policy_(policy),
      accounts_(accounts),
      overlay_(succession::read_overlay(directory, owner)) {
  std::set<std::string> meant;
  if (start.purpose == Purpose::kRegister) meant.insert(start.user);
  if (overlay_)
    for (const Entry& entry : *overlay_)
      if (entry.state == Entry::State::kBound && (start.user.empty() || entry.account == start.user))
        meant.insert(entry.account);
  for (const std::string& account : meant)
    if (ordinary(account)) ordinary_.insert(account);
}

// Who was made an administrator meanwhile needs one as well.
Expected<std::string, map::MapError> LocalSelfRegistration::account_of(
    const path::VerifiedCertificate& certificate) const {
  using map::MapError;
  if (!overlay_) return Unexpected{MapError{Verdict::kMapUnusable, overlay_.error()}};
  const Entry* const entry = entry_of(*overlay_, names_of(certificate));
  if (entry == nullptr) return Unexpected{MapError{Verdict::kNotMapped, "its holder has not registered it"}};
  if (entry->state == Entry::State::kAsked || !policy_.at_once)
    return Unexpected{
        MapError{Verdict::kRegistrationPending, "its holder registered it; see: jpkictl card pending list"}};
  if (!ordinary_.contains(entry->account))
    return Unexpected{MapError{Verdict::kNotMapped,
                               "its holder registered it for an account that is privileged now, another than "
                               "the one that was named, "
                               "or away"}};
  return entry->account;
}

Expected<std::string, std::string> LocalSelfRegistration::offer(const path::VerifiedCertificate& certificate,
                                                                const std::string& account) const {
  if (!overlay_) return Unexpected{overlay_.error()};
  auto names = names_of(certificate);
  std::string name = succession::registered_name(names);
  if (name.empty()) return Unexpected{std::string("the certificate has no name to register it under")};
  const auto grant = decide({.kind = kind_of(certificate),
                             .names = std::move(names),
                             .account = account,
                             .service = service_,
                             .policy = policy_,
                             .accounts = accounts_,
                             .overlay = *overlay_,
                             .ordinary = [&](const std::string& one) { return ordinary_.contains(one); }});
  if (!grant) return Unexpected{grant.error()};
  if (*grant == Grant::kAlready) return Unexpected{std::string("it was registered before")};
  return name;
}

bool LocalSelfRegistration::has_other_card(const path::VerifiedCertificate& certificate,
                                           const std::string& account) const {
  return overlay_ && self_registration::has_other_card(*overlay_, account, names_of(certificate));
}

}  // namespace jpki::self_registration
