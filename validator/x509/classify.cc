// SPDX-License-Identifier: LGPL-2.1-or-later
#include "validator/x509/classify.h"

#include <algorithm>

namespace jpki::x509 {
namespace {

template <class List>
bool contains(const List& list, std::string_view value) {
  return std::ranges::find(list, value) != list.end();
}

bool has_login_profile(const Certificate& certificate) {
  const auto usage = certificate.key_usage();
  if (!usage || (*usage & kDigitalSignature) == 0) return false;
  const auto& purposes = certificate.extended_key_usages();
  return purposes.empty() || contains(purposes, oid::kClientAuth) ||
         contains(purposes, oid::kAnyExtendedKeyUsage) || contains(purposes, oid::kSmartcardLogon);
}

// How much a kind restricts: of several kinds that the policies name, the most restricted one holds (R15).
int restriction(Kind kind) {
  if (!is_login_kind(kind)) return 2;
  return kind == Kind::kLgpkiRole ? 1 : 0;
}

std::optional<Kind> kind_by_policy(const Certificate& certificate, const std::vector<KindRule>& rules) {
  std::optional<Kind> found;
  const auto consider = [&](Kind kind, std::string_view policy) {
    if (!contains(certificate.policies(), policy)) return;
    if (!found || restriction(kind) > restriction(*found)) found = kind;
  };
  for (const KindRule& rule : rules) consider(rule.kind, rule.policy);
  for (const KindRule& published : published_rules()) consider(published.kind, published.policy);
  return found;
}

Kind kind_by_usage(const Certificate& certificate) {
  const auto& purposes = certificate.extended_key_usages();
  if (contains(purposes, oid::kServerAuth)) return Kind::kWebServer;
  if (contains(purposes, oid::kEmailProtection)) return Kind::kMail;
  if (contains(purposes, oid::kCodeSigning)) return Kind::kCodeSigning;
  const unsigned usage = certificate.key_usage().value_or(0);
  if ((usage & kDigitalSignature) != 0) return Kind::kUnknown;
  if ((usage & kKeyEncipherment) != 0) return Kind::kEncryption;
  if ((usage & kNonRepudiation) != 0) return Kind::kDocumentSigning;
  return Kind::kUnknown;
}

}  // namespace

Kind classify(const Certificate& certificate, const std::vector<KindRule>& rules) {
  const auto constraints = certificate.basic_constraints();
  if (constraints && constraints->is_ca) return Kind::kAuthority;
  const auto kind = kind_by_policy(certificate, rules);
  if (!kind) return kind_by_usage(certificate);
  if (is_login_kind(*kind) && !has_login_profile(certificate)) return Kind::kUnknown;
  return *kind;
}

}  // namespace jpki::x509
