// SPDX-License-Identifier: LGPL-2.1-or-later
#include "validator/x509/kind.h"

#include <algorithm>

namespace jpki::x509 {
namespace {

struct KindName {
  Kind kind;
  std::string_view name;
};
constexpr KindName kNames[] = {
    {Kind::kJpkiAuthentication, "jpki-authentication"},
    {Kind::kJpkiSignature, "jpki-signature"},
    {Kind::kLgpkiUser, "lgpki-user"},
    {Kind::kLgpkiRole, "lgpki-role"},
    {Kind::kDocumentSigning, "document-signing"},
    {Kind::kEncryption, "encryption"},
    {Kind::kWebServer, "web-server"},
    {Kind::kMail, "mail"},
    {Kind::kCodeSigning, "code-signing"},
    {Kind::kCirsTerminal, "cirs-terminal"},
    {Kind::kAuthority, "authority"},
    {Kind::kUnknown, "unknown"},
};

constexpr struct {
  Kind kind;
  std::string_view policy;
} kPublishedPolicies[] = {
    {Kind::kJpkiAuthentication, "1.2.392.200149.8.5.1.3.30"},
    {Kind::kJpkiSignature, "1.2.392.200149.8.5.1.1.20"},
};

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
  for (const auto& published : kPublishedPolicies) consider(published.kind, published.policy);
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

std::string_view name_of(Kind kind) noexcept {
  const auto* const found = std::ranges::find(kNames, kind, &KindName::kind);
  return found == std::end(kNames) ? "unknown" : found->name;
}

std::optional<Kind> kind_from(std::string_view name) noexcept {
  const auto* const found = std::ranges::find(kNames, name, &KindName::name);
  if (found == std::end(kNames)) return std::nullopt;
  return found->kind;
}

Kind classify(const Certificate& certificate, const std::vector<KindRule>& rules) {
  const auto constraints = certificate.basic_constraints();
  if (constraints && constraints->is_ca) return Kind::kAuthority;
  const auto kind = kind_by_policy(certificate, rules);
  if (!kind) return kind_by_usage(certificate);
  if (is_login_kind(*kind) && !has_login_profile(certificate)) return Kind::kUnknown;
  return *kind;
}

std::vector<std::string> policies_of(Kind kind, const std::vector<KindRule>& rules) {
  std::vector<std::string> policies;
  for (const KindRule& rule : rules)
    if (rule.kind == kind) policies.push_back(rule.policy);
  for (const auto& published : kPublishedPolicies)
    if (published.kind == kind) policies.emplace_back(published.policy);
  return policies;
}

bool is_dotted_oid(std::string_view text) noexcept {
  const bool characters =
      std::ranges::all_of(text, [](char c) { return (c >= '0' && c <= '9') || c == '.'; });
  return characters && text.find('.') != std::string_view::npos && !text.starts_with('.') &&
         !text.ends_with('.') && text.find("..") == std::string_view::npos;
}

bool is_login_kind(Kind kind) noexcept {
  return kind == Kind::kJpkiAuthentication || kind == Kind::kLgpkiUser || kind == Kind::kLgpkiRole;
}

Verdict refusal_for(Kind kind) noexcept {
  switch (kind) {
    case Kind::kJpkiAuthentication:
    case Kind::kLgpkiUser:
      return Verdict::kKindNotAllowed;
    case Kind::kJpkiSignature:
      return Verdict::kKindJpkiSignature;
    case Kind::kLgpkiRole:
      return Verdict::kKindLgpkiRole;
    case Kind::kDocumentSigning:
      return Verdict::kKindDocumentSigning;
    case Kind::kEncryption:
      return Verdict::kKindEncryption;
    case Kind::kWebServer:
      return Verdict::kKindWebServer;
    case Kind::kMail:
      return Verdict::kKindMail;
    case Kind::kCodeSigning:
      return Verdict::kKindCodeSigning;
    case Kind::kCirsTerminal:
      return Verdict::kKindCirsTerminal;
    case Kind::kAuthority:
    case Kind::kUnknown:
      return Verdict::kKindUnknown;
  }
  return Verdict::kKindUnknown;
}

}  // namespace jpki::x509
